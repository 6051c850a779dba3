"""Classifier folder: backbones with their last features, settings, and the text of its files."""
