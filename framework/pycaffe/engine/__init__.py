"""The parts of pycaffe's Net: blobs, their memory, passes over the layers, lists."""
