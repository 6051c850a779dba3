"""Batch loading: items, order, threads, worker processes."""
