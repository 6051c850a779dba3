"""Pooling layers: max, average, learned and spatial pyramid pooling, and the way back."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
