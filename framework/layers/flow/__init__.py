"""Layers of optical flow nets."""
