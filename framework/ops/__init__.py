"""Tensors in, tensors out: no messages, no state."""
