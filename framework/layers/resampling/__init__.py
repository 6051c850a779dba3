"""Layers that take maps to another size or to other positions."""
