"""From images to batches: items, order, threads, worker processes."""
