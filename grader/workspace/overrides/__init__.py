"""Marks and comments by hand: read from `overrides.yaml`, put in place of automatic marks, written safely."""
