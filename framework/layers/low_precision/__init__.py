"""Layers whose weights or activations have few bits, and those that prune weights."""
