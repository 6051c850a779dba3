"""caffe.proto, whose module `caffe_pb2` has the messages."""

from framework.pycaffe.proto import caffe_pb2

__all__ = ["caffe_pb2"]
