"""Where submissions come from, whose they are, and what their programs say."""
