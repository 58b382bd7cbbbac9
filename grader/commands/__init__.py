"""What commands say and ask, apart from what they do."""
