"""Layers of SSD detectors."""
