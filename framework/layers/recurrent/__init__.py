"""Recurrent layers, and the layers that read sequences."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
