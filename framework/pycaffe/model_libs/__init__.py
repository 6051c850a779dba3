"""caffe.model_libs of SSD: backbones, the detection head, data layers.

SSD's scripts begin with `from caffe.model_libs import *` and expect L, P, caffe_pb2, os and xrange
of it: the original was written for Python 2, and does not run on 3. The nets are the same, layer
by layer. Source: the behaviour of python/caffe/model_libs.py in weiliu89/caffe, branch ssd.
"""

import os

from framework.pycaffe.model_libs.convolution import (
    ConvBNLayer,
    InceptionTower,
    ResBody,
    UnpackVariable,
)
from framework.pycaffe.model_libs.data import (
    CreateAnnotatedDataLayer,
    check_if_exist,
    make_if_not_exist,
)
from framework.pycaffe.model_libs.head import CreateMultiBoxHead
from framework.pycaffe.model_libs.inception import InceptionV3Body
from framework.pycaffe.model_libs.resnet import ResNet101Body, ResNet152Body
from framework.pycaffe.model_libs.vgg import VGGNetBody, ZFNetBody
from framework.pycaffe.net_spec import layers as L
from framework.pycaffe.net_spec import params as P
from framework.pycaffe.proto import caffe_pb2

xrange = range

__all__ = [
    "ConvBNLayer", "CreateAnnotatedDataLayer", "CreateMultiBoxHead", "InceptionTower",
    "InceptionV3Body", "L", "P", "ResBody", "ResNet101Body", "ResNet152Body", "UnpackVariable",
    "VGGNetBody", "ZFNetBody", "caffe_pb2", "check_if_exist", "make_if_not_exist", "os", "xrange",
]
