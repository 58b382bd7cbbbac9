"""A class of submissions: received, graded, graded anew, and all that is found written down."""
