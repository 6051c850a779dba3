"""Python layers: layers that users write by pycaffe's protocol."""
