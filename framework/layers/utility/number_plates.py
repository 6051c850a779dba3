"""Signs of number plates and attributes of faces: DetectionCcpdOutput, LpEvaluate,
FaceAttriEvaluate."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, is_set
from framework.ops.losses import precise
from framework.proto import enum_name

COUNTS = ("num_chinese", "num_english", *("num_letter",) * 5)     # of a plate's positions
POINTS, ANGLES, FACE = 5, 3, 17
SIGNS = 7


@layer
class DetectionCcpdOutput(Layer):
    """The most probable sign at each of the seven positions of a number plate.

    Bottoms: seven of probabilities: (N, num_chinese, ...), (N, num_english, ...), and five of (N,
             num_letter, ...).
    Top:     (1, 1, N, 7), the number of the sign at each position: the first of the largest values
             above 0, 0 if there is none.
    Errors:  SpecError if a bottom has another number of values an item, or a field is missing.
    Source:  detection_ccpd_output_layer.cpp of yuqj1991/caffe_train.
    """

    no_onnx_form = UNWRITTEN
    reads = ("lp_det_param",)
    num_bottoms = (SIGNS, SIGNS)
    no_gradient_bottoms = tuple(range(SIGNS))

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "lp_det_param", "num_chinese num_english num_letter")
        param = spec.proto.lp_det_param
        for index, (name, shape) in enumerate(zip(COUNTS, bottoms, strict=True)):
            wanted = getattr(param, name)
            if not is_set(param, name) or wanted < 1:
                raise spec.error(f"lp_det_param.{name}", "is missing or below 1")
            if math.prod(shape[1:]) != wanted or shape[0] != bottoms[0][0]:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; "
                                 f"it must have {bottoms[0][0]} items of lp_det_param.{name} = "
                                 f"{wanted} values")

    def forward(self, *bottoms: Tensor) -> Tensor:
        signs = [x.detach().flatten(1).clamp(min=0).argmax(1) for x in bottoms]
        return torch.stack(signs, 1)[None, None].to(bottoms[0].dtype)


@layer
class LpEvaluate(Layer):
    """Whether all signs of a number plate are right.

    Bottoms: numbers of signs (1, 1, N, 7); true ones (N, 7). Of other shapes the first seven
             numbers for each of K are read, whatever item they are of.
    Top:     (1, 1, K, 1), K the first axis of the signs, which is 1: it looks at the first plates
             alone. 1 where all seven are equal, and for all that follow one, else 0.
    Errors:  SpecError for fewer numbers.
    Source:  ccpdlp_evaluate_layer.cpp of yuqj1991/caffe_train. Its fields have no effect there.
    """

    no_onnx_form = UNWRITTEN
    reads = ("lp_evaluate_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)

    def __init__(self, spec: LayerSpec, signs: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, "lp_evaluate_param", "num_chinese num_english num_letter")
        if min(math.prod(signs), math.prod(truth)) < SIGNS * signs[0]:
            raise spec.error("bottom", f"has the shapes {tuple(signs)} and {tuple(truth)}; both "
                             f"must be {SIGNS} signs for each plate")

    def forward(self, signs: Tensor, truth: Tensor) -> Tensor:
        num = signs.shape[0]
        found, wanted = (one.detach().flatten()[:num * SIGNS].reshape(num, SIGNS)
                         for one in (signs, truth))
        right = (found == wanted).all(1).cumsum(0) > 0
        return right[None, None, :, None].to(signs.dtype)


@layer
class FaceAttriEvaluate(Layer):
    """Distances of a face's points, and whether its sex, glasses and angles are right.

    Bottoms: values (N, 17, ...): x of five points, y of them, yaw, pitch and roll in degrees,
             scores of two sexes, scores of without and with glasses; truth (N, 17): the same
             points and angles, sex, glasses, and the image's two sizes.
    Top:     (1, 1, N, 10): the distance of each point over the diagonal of the image, points being
             fractions of its sizes; for the sex and for the glasses 1 if it, or that of an item
             before, is right, else 0; the cosine of the difference of each angle. A class is the
             first of the largest scores above 0, the first one without any.
    Errors:  SpecError for other shapes, and for a facetype other than FACEATTRIBUTE, for which the
             original gives zeros alone.
    Source:  faceEvaluateLayer.cpp of yuqj1991/caffe_train.
    """

    no_onnx_form = UNWRITTEN
    reads = ("face_evaluate_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, values: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, "face_evaluate_param", "facetype")
        kind = enum_name(spec.proto.face_evaluate_param, "facetype")
        if kind != "FACEATTRIBUTE":
            raise spec.error("face_evaluate_param.facetype", f"is {kind}; it must be "
                             "FACEATTRIBUTE, the only one that the original computes")
        for index, shape in enumerate((values, truth)):
            if math.prod(shape[1:]) != FACE or shape[0] != values[0]:
                raise spec.error("bottom", f"'{spec.bottoms[index]}' has the shape {tuple(shape)}; "
                                 f"it must be ({values[0]}, {FACE})")

    def forward(self, values: Tensor, truth: Tensor) -> Tensor:
        values, truth = (precise(one.detach()).flatten(1) for one in (values, truth))
        size = truth[:, 15:]
        apart = (values - truth)[:, :2 * POINTS].unflatten(1, (2, POINTS)) * size[:, :, None]
        distance = apart.square().sum(1).sqrt() / size.square().sum(1, keepdim=True).sqrt()
        angles = slice(2 * POINTS, 2 * POINTS + ANGLES)
        cosines = ((values - truth)[:, angles] / 180 * math.pi).cos()
        found = values[:, 13:17].clamp(min=0).unflatten(1, (2, 2)).argmax(2)
        right = ((found == truth[:, 13:15]).cumsum(0) > 0).to(distance.dtype)
        return torch.cat([distance, right, cosines], 1)[None, None]
