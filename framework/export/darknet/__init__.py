"""Nets as Darknet's .cfg and .weights files."""
