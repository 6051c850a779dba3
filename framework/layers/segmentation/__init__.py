"""Layers of segmentation nets."""
