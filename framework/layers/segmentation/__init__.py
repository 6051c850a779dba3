"""Layers of segmentation nets: crops, accuracy, affinity graphs."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
