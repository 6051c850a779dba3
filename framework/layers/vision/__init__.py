"""Vision layers: convolution, pooling, resizing, fully connected layers."""
