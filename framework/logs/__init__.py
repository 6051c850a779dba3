"""Write the log of a training run in the original's format, and read it back."""
