"""What scripts know as `caffe.proto`: the messages are in `caffe_pb2`."""

from framework.pycaffe.proto import caffe_pb2

__all__ = ["caffe_pb2"]
