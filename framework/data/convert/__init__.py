"""Conversion of image lists to LMDB databases, and back."""
