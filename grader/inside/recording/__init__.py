"""Notes what a program does with Keras and Matplotlib, and which of its cells does it; changes nothing of it."""
