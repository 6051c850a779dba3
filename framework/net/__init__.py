"""From a specification to a net, and its forward pass."""
