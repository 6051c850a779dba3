"""Layers of R-CNN detectors: proposals, regions, cascades."""
