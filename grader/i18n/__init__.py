"""What reports say, in any language: sentences that can be translated, and their translations."""
