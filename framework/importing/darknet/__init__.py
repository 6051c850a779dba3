"""Darknet's .cfg and .weights files as Caffe nets."""
