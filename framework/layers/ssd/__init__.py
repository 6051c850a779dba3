"""Layers of SSD (single shot detectors): prior boxes, loss, detections, their evaluation."""
