"""Layers of R-CNN detectors: region proposals, RoI pooling, Cascade R-CNN."""
