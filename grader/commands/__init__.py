"""The commands, a file each: options in, exit status out."""
