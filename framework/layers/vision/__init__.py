"""Vision layers: convolution, pooling, resizing, inner products."""
