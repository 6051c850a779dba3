"""How pycaffe's Net works inside."""
