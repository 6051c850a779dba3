"""Layers that users write in Python, by pycaffe's protocol."""
