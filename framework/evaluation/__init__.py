"""Evaluate object detections: average precision, and result files of VOC, COCO and ILSVRC."""
