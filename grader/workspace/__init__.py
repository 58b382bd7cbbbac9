"""What a folder of reports remembers of its class, and who may write to it."""
