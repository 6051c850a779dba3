"""ONNX models and PyTorch modules as Caffe nets."""
