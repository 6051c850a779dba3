"""Files of what was found in medical volumes, which are not written here."""

from __future__ import annotations

import logging
import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer

LOG = logging.getLogger(__name__)
WRITES_FILES = "it writes files, which no runtime does"


def _warn(spec: LayerSpec) -> None:
    """Say that nothing is written, where files count."""
    if not spec.without_files:
        LOG.warning("%s: writes files of medical volumes, which is not done here", spec.place())


@layer
class SegmentOutput(Layer):
    """Files of heat maps, masks and measures of the segments in volumes: nothing is written here.

    Bottoms: shares of classes (N, C, ...); labels, one for each cell. No gradient.
    Top:     () 0, which the original does not set.
    Errors:  SpecError for another number of labels.
    Source:  SegmentOutputParameter; segment_output_layer.cpp of superxuang/caffe_3d_crf_rnn, which
             writes MetaImage files by ITK.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = WRITES_FILES

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        if len(x) < 2 or math.prod(labels) * x[1] != math.prod(x):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(labels)}; there must "
                             "be one label for each cell")
        _warn(spec)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return torch.zeros((), device=x.device, dtype=x.dtype)


@layer
class MultiSlicePredict(Layer):
    """Files of the boxes of organs, of their shares along three axes: nothing is written here.

    Bottoms: sizes, spacings and origins (N, 19); shares of background and organs along the three
             axes, (N, 2, C L), (N, 2, C H) and (N, 2, C W). No gradient, no top.
    Errors:  SpecError for other shapes.
    Source:  SlicePredictParameter; multi_slice_predict_layer.cpp of
             superxuang/caffe_triple-branch_FCN, which writes for each organ the longest run of
             slices with a share above a half along each axis, and the mean share in the three.
    """

    reads = ("slice_predict_param",)
    num_bottoms = (4, 4)
    num_tops = (0, 0)
    no_gradient_bottoms = (0, 1, 2, 3)
    no_onnx_form = WRITES_FILES

    def __init__(self, spec: LayerSpec, info: Shape, *shares: Shape):
        super().__init__(spec)
        for index, shape in enumerate(shares, 1):
            if len(shape) != 3 or shape[:2] != (info[0], 2):
                raise spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}; it must be "
                                 f"({info[0]}, 2, organs * slices)")
        _warn(spec)

    def forward(self, info: Tensor, *shares: Tensor) -> tuple[Tensor, ...]:
        return ()


@layer
class RPNOutput(Layer):
    """Files of the best box of each organ in volumes: nothing is written here.

    Bottoms: shares of the classes of anchors (N, C A, L, H, W); boxes (N, 6 A, L, H, W); sizes,
             spacings and origins (N, 19). No gradient, no top.
    Errors:  SpecError for maps that differ in size.
    Source:  RPNOutputParameter; rpn_output_layer.cu of superxuang/caffe_3d_faster_rcnn; its CPU
             writes nothing either.
    """

    num_bottoms = (3, 3)
    num_tops = (0, 0)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = WRITES_FILES

    def __init__(self, spec: LayerSpec, shares: Shape, boxes: Shape, info: Shape):
        super().__init__(spec)
        if len(shares) != 5 or len(boxes) != 5 or tuple(shares[2:]) != tuple(boxes[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(shares)} and {tuple(boxes)}; they "
                             "must be (N, C A, L, H, W) and (N, 6 A, L, H, W)")
        _warn(spec)

    def forward(self, shares: Tensor, boxes: Tensor, info: Tensor) -> tuple[Tensor, ...]:
        return ()


@layer
class BBoxOutput(Layer):
    """Files of the best region of each class in volumes: nothing is written here.

    Bottoms: regions (R, 7); shares of the classes (R, C); their offsets (R, 6 C); sizes, spacings
             and origins (N, 19). No gradient, no top.
    Errors:  SpecError for shapes that do not fit.
    Source:  BBoxOutputParameter; bbox_output_layer.cpp of superxuang/caffe_3d_faster_rcnn, which
             writes for each class the region of which it is the best class and whose share is the
             largest, in voxels of the file, and that share.
    """

    num_bottoms = (4, 4)
    num_tops = (0, 0)
    no_gradient_bottoms = (0, 1, 2, 3)
    no_onnx_form = WRITES_FILES

    def __init__(self, spec: LayerSpec, regions: Shape, shares: Shape, offsets: Shape,
                 info: Shape):
        super().__init__(spec)
        rows = regions[0]
        if tuple(regions) != (rows, 7) or len(shares) != 2 or shares[0] != rows \
                or tuple(offsets) != (rows, 6 * shares[1]):
            raise spec.error("bottom", f"has the shapes {tuple(regions)}, {tuple(shares)} and "
                             f"{tuple(offsets)}; they must be (R, 7), (R, C) and (R, 6 C)")
        _warn(spec)

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        return ()
