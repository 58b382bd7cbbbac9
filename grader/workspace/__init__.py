"""The folder of reports: its layout, what it remembers of its class, what is read and written there, and by whom."""
