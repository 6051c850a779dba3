"""Layers of segmentation nets."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
