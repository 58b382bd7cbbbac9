"""Files that a person writes: read from YAML with every problem at its line."""
