"""Layers of capsule networks."""
