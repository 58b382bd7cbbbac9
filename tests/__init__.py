"""The tests mirror the package; `tests.builders` makes the records they start from."""
