"""Nets as prototxt and caffemodel for other readers of Caffe's files: compilers of chips."""
