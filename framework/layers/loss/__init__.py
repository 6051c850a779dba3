"""Loss layers and accuracy metrics."""
