"""Tensor operations that layers share, without protobuf messages and without state."""
