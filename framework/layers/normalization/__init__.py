"""Normalization layers: batch, local response, mean-variance and L2; scale and bias."""
