"""Layers of YOLO detectors."""
