"""Losses of embeddings: margins, centers, pairs, triplets and codes for hashing."""
