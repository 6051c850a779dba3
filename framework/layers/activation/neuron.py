"""Activations of BVLC Caffe (ReLU, PReLU, ELU, sigmoid, tanh, swish), dropout and clipping."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.activation.mathematics import InPlace, is_in_place
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.proto import FillerParameter

# Message and fields of the least and the largest y, by the type.
BOUNDS = {"Clip": ("clip_param", ("min", "max")), "BReLU": ("brelu_param", ("minval", "maxval"))}


@layer
@layer("ReLUPlus")
@layer("ReLURecover")
@layer("ReLUMod")
class ReLU(Layer):
    """ReLU, or leaky ReLU: y = max(x, 0) + negative_slope * min(x, 0).

    x has any shape; the gradient at 0 is the slope.
    Source: ReLUParameter in caffe.proto; BVLC relu_layer.cpp. ReLUPlus is reluplus_layer.cpp of
            liuxianming/caffe_feedback, whose factors are 1 until its tool for feedback sets them;
            ReLURecover relu_recover_layer.cpp of GuanshuoXu/caffe_deep_learning_for_steganalysis,
            whose bottom keeps its values in place, as all bottoms do here; ReLUMod
            relumod_layer.cpp of liu2bao3yuan1/caffe-batchnorm, which counts values beside it.
    """

    reads = ("relu_param",)
    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "relu_param", "negative_slope")
        self.negative_slope = spec.proto.relu_param.negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope) if self.negative_slope else F.relu(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.negative_slope == 0:
            return [graph.add("Relu", bottoms[0])]
        return [graph.add("LeakyRelu", bottoms[0], alpha=self.negative_slope)]


@layer
class ReLUWithMask(Layer):
    """ReLU and its mask, for nets that go the same way back: a ReLU of two tops.

    Bottom: x, any shape.
    Tops:   y as in ReLU; 1 where x is above 0, else 0, without gradient.
    Source: relu_layer.cpp of HyeonwooNoh/caffe (DecoupledNet), where the type is ReLU.
    """

    reads = ("relu_param",)
    num_tops = (2, 2)
    pointwise = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "relu_param", "negative_slope")
        self.negative_slope = spec.proto.relu_param.negative_slope

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return F.leaky_relu(x, self.negative_slope), (x.detach() > 0).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        mask = graph.add("Cast", graph.add("Greater", x, graph.floats(0.0)), to=1)
        return [graph.add("LeakyRelu", x, alpha=self.negative_slope), mask]


@layer
class PReLU(Layer):
    """Parametric ReLU: y = max(x, 0) + slope * min(x, 0) with learned slopes.

    Bottom: x (N, C, ...).
    Blobs:  slope (C,), or () with `channel_shared`; filled with 0.25 if there is no filler.
    Errors: SpecError with one axis.
    Source: PReLUParameter in caffe.proto; BVLC prelu_layer.cpp; He et al. 2015.
    """

    pointwise = True
    keeps_shape = True
    blobs_learn = (True,)
    slope: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "prelu_param", "filler channel_shared")
        param = spec.proto.prelu_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; PReLU needs at least 2 axes (N, C)")
        quarter = FillerParameter(type="constant", value=0.25)
        self.add_blob("slope", () if param.channel_shared else (x[1],),
                      param.filler if is_set(param, "filler") else quarter)

    def forward(self, x: Tensor) -> Tensor:
        return F.prelu(x, self.slope.reshape(-1).to(x.dtype))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        num_axes = len(graph.shape(bottoms[0]))
        slope = self.slope.detach().reshape(-1, *(1,) * (num_axes - 2))
        return [graph.add("PRelu", bottoms[0], graph.floats(slope, "slope"))]


@layer
class ELU(Layer):
    """ELU: y = x where x > 0, else alpha * (exp(x) - 1); all times `lambda` (NVIDIA's fork).

    Source: ELUParameter in caffe.proto; BVLC elu_layer.cpp; Clevert et al. 2015.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "elu_param", "alpha lambda")
        param = spec.proto.elu_param
        self.alpha = param.alpha
        self.factor = getattr(param, "lambda")  # a keyword of Python

    def forward(self, x: Tensor) -> Tensor:
        y = F.elu(x, self.alpha)
        return y if self.factor == 1 else y * self.factor

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        y = graph.add("Elu", bottoms[0], alpha=self.alpha)
        return [y if self.factor == 1 else graph.add("Mul", y, graph.floats(self.factor))]


@layer
class Sigmoid(Layer):
    """Sigmoid: y = 1 / (1 + exp(-x)).

    Source: BVLC sigmoid_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "sigmoid_param", "")

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Sigmoid", bottoms[0])]


@layer
class TanH(Layer):
    """Hyperbolic tangent: y = tanh(x).

    Source: BVLC tanh_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "tanh_param", "")

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Tanh", bottoms[0])]


@layer
class Threshold(Layer):
    """Step function: y = 1 where x is strictly above `threshold`, else 0; no gradient.

    Source: ThresholdParameter in caffe.proto; BVLC threshold_layer.cpp.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "threshold_param", "threshold")
        self.threshold = spec.proto.threshold_param.threshold

    def forward(self, x: Tensor) -> Tensor:
        return (x > self.threshold).to(x.dtype)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        above = graph.add("Greater", bottoms[0], graph.floats(self.threshold))
        return [graph.add("Cast", above, to=1)]


@layer
class Dropout(Layer):
    """Dropout: set random values to 0 in TRAIN, copy in TEST.

    TRAIN sets each value to 0 with probability dropout_ratio and divides the others by 1 - ratio.
    With `scale_train: false` (Caffe before 2014, DeepDetect, CTPN) TRAIN leaves the others as
    they are and TEST multiplies by 1 - ratio. `sample_weights_test: true` (SegNet's fork) drops
    in TEST as well. `sqrt_scale: true` (happynear's) divides by the root of 1 - ratio.
    Errors: SpecError if the ratio is not in 0 ... 1, or is 1 where it drops: nothing would be left.
    Source: DropoutParameter in caffe.proto; BVLC dropout_layer.cpp, which copies in TEST whatever
            the ratio.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "dropout_param", "dropout_ratio scale_train sample_weights_test sqrt_scale")
        param = spec.proto.dropout_param
        self.ratio = param.dropout_ratio
        self.drops = spec.phase == "TRAIN" or param.sample_weights_test
        if not 0 <= self.ratio <= 1 or (self.ratio == 1 and (self.drops or not param.scale_train)):
            raise spec.error("dropout_param.dropout_ratio", f"is {self.ratio:g}; it must be at "
                             "least 0 and below 1")
        self.factor = 1.0  # on torch's dropout in TRAIN, on the copy in TEST
        if not param.scale_train:
            self.factor = 1 - self.ratio
        elif param.sqrt_scale and self.drops:
            self.factor = math.sqrt(1 - self.ratio)

    def forward(self, x: Tensor) -> Tensor:
        y = F.dropout(x, self.ratio, training=True) if self.drops else x
        return y if self.factor == 1 else y * self.factor

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.spec.proto.dropout_param.sample_weights_test:
            raise self.spec.error("dropout_param.sample_weights_test", "is true: the layer draws "
                                  "numbers in TEST, which an export does not")
        if self.factor == 1:
            return [bottoms[0]]
        return [graph.add("Mul", bottoms[0], graph.floats(self.factor))]


@layer
class DropPath(Layer):
    """Stochastic depth: set whole items of the batch to 0 in TRAIN, copy in TEST.

    TRAIN sets each item (all values of one index of the first axis) to 0 with probability
    drop_ratio and divides the others by 1 - ratio; it is put on the branch of a residual sum.
    Bottom:  any shape with a batch as its first axis. Top: the same.
    Errors:  SpecError if the ratio is not in 0 ... 1, 1 excluded.
    Source:  Huang et al. 2016; torchvision's StochasticDepth of mode "row". No fork of Caffe has
             it that we know.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "drop_path_param", "drop_ratio")
        self.ratio = spec.proto.drop_path_param.drop_ratio
        if not 0 <= self.ratio < 1:
            raise spec.error("drop_path_param.drop_ratio", f"is {self.ratio:g}; it must be at "
                             "least 0 and below 1")
        if not x:
            raise spec.error("bottom", "has no axes; DropPath takes a batch of items")
        self.drops = spec.phase == "TRAIN" and self.ratio > 0

    def forward(self, x: Tensor) -> Tensor:
        if not self.drops:
            return x
        kept = x.new_empty(x.shape[:1] + (1,) * (x.dim() - 1)).bernoulli_(1 - self.ratio)
        return x * (kept / (1 - self.ratio))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [bottoms[0]]


@layer
@layer("BReLU")
class Clip(Layer):
    """Clamp x to [min, max]; BReLU, of nets against haze, calls them minval and maxval.

    The gradient is 0 outside; in place it passes everywhere, as the original looks at y there:
    see `mathematics.InPlace`.
    Errors: SpecError if min or max is missing.
    Source: ClipParameter in caffe.proto; BVLC clip_layer.cpp; BReLUParameter; brelu_layer.cpp of
            yanhuama/mycaffe.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param_name, fields = BOUNDS[spec.type]
        honour(spec, param_name, " ".join(fields))
        param = getattr(spec.proto, param_name)
        for field in fields:
            if not is_set(param, field):
                raise spec.error(f"{param_name}.{field}",
                                 f"is missing; {spec.type} needs {' and '.join(fields)}")
        self.min, self.max = (getattr(param, field) for field in fields)
        self.in_place = is_in_place(spec)

    def forward(self, x: Tensor) -> Tensor:
        y = x.clamp(self.min, self.max)
        return InPlace.apply(x, y.detach(), torch.ones_like(y), False) if self.in_place else y

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Clip", bottoms[0], graph.floats(self.min), graph.floats(self.max))]


@layer
class Swish(Layer):
    """Swish (SiLU): y = x * sigmoid(beta * x).

    Source: BVLC swish_layer.cpp; Ramachandran et al. 2017.
    """

    pointwise = True
    keeps_shape = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "swish_param", "beta")
        self.beta = spec.proto.swish_param.beta

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x) if self.beta == 1 else x * torch.sigmoid(x * self.beta)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        scaled = x if self.beta == 1 else graph.add("Mul", x, graph.floats(self.beta))
        return [graph.add("Mul", x, graph.add("Sigmoid", scaled))]
