"""Detector folder: backbones with their sources of boxes, settings, and the text of its files."""
