"""Recurrent layers, and the layers that read sequences."""
