"""From a specification to a net, and its forward pass."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
