"""Composite layers (NetFile, MultiBoxHead) and their expansion to plain layers."""
