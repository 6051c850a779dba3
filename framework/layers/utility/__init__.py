"""Utility layers: concatenate, slice, reshape, crop and reduce blobs."""
