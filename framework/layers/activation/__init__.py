"""Activation layers: elementwise functions."""
