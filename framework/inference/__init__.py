"""Inference with trained nets: object detection."""
