"""What a notebook expects around it: data files, packages, a shell, a screen, a network."""
