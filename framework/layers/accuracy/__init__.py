"""Measures of scores against labels."""

from framework.moved import names_of

__getattr__ = names_of(__name__)
