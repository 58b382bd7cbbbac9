"""`python -m inside` runs a program: see `run_cells`."""

import sys

# Where a whole Jupyter is installed, nbformat's validator builds a grammar of web addresses: two seconds for every
# program, and no notebook is checked for them. To the import system, None says that there is no such module.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from .run_cells import main  # noqa: E402 (it imports nbformat)

main()
