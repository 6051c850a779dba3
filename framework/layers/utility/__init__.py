"""Utility layers: joining, cutting, reshaping and reducing blobs."""
