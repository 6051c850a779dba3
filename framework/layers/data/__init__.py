"""Data layers: where batches come from."""
