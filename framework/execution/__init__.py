"""Faster execution of a net: operator fusion, and for inference prepacked weights and Winograd."""
