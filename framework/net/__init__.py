"""Build a net from its specification, and run its forward pass."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
