"""Data augmentation: from a record to the image and boxes that a net sees."""
