"""Serving of trained nets over HTTP: a page, images in and detections out, tensors in and out."""
