"""Activation layers and other elementwise functions."""
