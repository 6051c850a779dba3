"""Loss layers, and measures of accuracy."""
