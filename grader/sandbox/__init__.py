"""How a student's code is confined while it runs."""
