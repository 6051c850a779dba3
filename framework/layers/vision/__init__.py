"""Vision layers: convolution and fully connected layers, and single ones on images."""
