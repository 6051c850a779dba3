"""Batch normalization of BVLC, NVIDIA and Intel Caffe."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.ops.normalisation import by_batch, by_stored
from framework.proto import BatchNormParameter, FillerParameter, LayerParameter

FIELDS = (
    "use_global_stats moving_average_fraction eps relu fused_relu update_global_stats "
    "scale_bias scale_filler bias_filler filler use_weight_bias bias_term stats_batch_size "
    "add_eps_before_sqrt"
)


def has_scale(param: BatchNormParameter) -> bool:
    """Whether NVIDIA's or Intel's fields of batch_norm_param ask for a scale inside."""
    if param.HasField("use_weight_bias") and param.use_weight_bias:
        return True
    return bool(param.scale_bias or param.HasField("scale_filler")
                or (param.HasField("bias_filler") and not param.HasField("filler")))


@layer
class BatchNorm(Layer):
    """Batch normalization: shift and scale each channel to mean 0 and variance 1.

    Bottom: x (N, C, n1, ...).
    Top:    y = (x - mean) / sqrt(variance + eps), in the shape of x.
    Blobs:  mean (C,) and variance (C,), decayed sums, and factor (1,), their weight; not learned.
            With `scale_bias: true`, or a scale_filler or bias_filler (NVIDIA's fork), or with
            `use_weight_bias: true` (Intel's), then scale (C,) and bias (C,): y * scale + bias.
            Intel's `filler` without it is for its engines and has no effect here.
    In TRAIN, or with `use_global_stats: false`, mean and variance are those of the batch, and
    factor = f * factor + 1, mean = f * mean + batch mean, variance = f * variance + m / (m - 1) *
    batch variance; f is moving_average_fraction, m the values in a channel (m = 1: as m / 1).
    Else both sums are divided by the factor; a factor of 0 makes mean and variance 0.
    NVIDIA's own files hold means and factor 1, which is the same thing.
    `update_global_stats: true` with `use_global_stats: true` in TRAIN (PSPNet) takes the stored
    mean and the batch's mean square distance from it as variance, and adds both to the sums.
    Intel's `stats_batch_size` makes ghost batches: in TRAIN each run of as many items has
    statistics of its own, which move the sums one after another.
    Intel's `relu` and opencl's `fused_relu` are applied at the end.
    Synopsys' `add_eps_before_sqrt: false` divides by sqrt(variance) + eps, as Darknet does; it is
    taken with stored statistics only.
    Errors: SpecError with one axis, and for fields of forks with another meaning.
    Source: BatchNormParameter in caffe.proto; BVLC, NVIDIA and PSPNet batch_norm_layer.cpp; Ioffe
            and Szegedy 2015; batch_norm_layer.cpp of
            foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    pointwise = True
    keeps_shape = True
    fork_fields = frozenset(["batch_norm_param.add_eps_before_sqrt"])
    mean: Tensor
    variance: Tensor
    factor: Tensor
    scale: Tensor | None
    bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        if not has_scale(proto.batch_norm_param):
            return (False,) * 3
        return (False,) * 3 + (True,) * (1 + proto.batch_norm_param.bias_term)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "batch_norm_param", FIELDS)
        param = spec.proto.batch_norm_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; BatchNorm needs at least 2 axes (N, C)")
        self.eps = param.eps
        self.fraction = param.moving_average_fraction
        self.use_stored = (param.use_global_stats if param.HasField("use_global_stats")
                           else spec.phase == "TEST")
        self.adds_eps_last = not param.add_eps_before_sqrt
        if self.adds_eps_last and not self.use_stored:
            raise spec.error("batch_norm_param.add_eps_before_sqrt", "is false, which is supported "
                             "with stored statistics only: in TEST, or use_global_stats: true")
        self.moves_stored = param.update_global_stats and spec.phase == "TRAIN"
        self.relu = param.relu or param.fused_relu
        self.ghost_size = 0 if self.use_stored else param.stats_batch_size
        if self.ghost_size and x[0] % self.ghost_size:
            raise spec.error("batch_norm_param.stats_batch_size", f"is {self.ghost_size}; the "
                             f"{x[0]} items of the bottom must be a multiple of it")
        for name, shape in (("mean", x[1:2]), ("variance", x[1:2]), ("factor", (1,))):
            self.add_blob(name, shape, learned=False)
        self.add_scale_and_bias(x[1:2])

    def add_scale_and_bias(self, shape: Shape) -> None:
        """Add the learned blobs scale and bias of NVIDIA's and Intel's layers, where wanted."""
        param = self.spec.proto.batch_norm_param
        if not has_scale(param):
            self.scale = self.bias = None
            return
        given = [field for field in ("scale_filler", "filler") if is_set(param, field)]
        one = FillerParameter(type="constant", value=1)
        self.add_blob("scale", shape, getattr(param, given[0]) if given else one)
        if param.bias_term:
            self.add_blob("bias", shape, param.bias_filler)
        else:
            self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        y = self.normalise(x, self.scale, self.bias)
        return y.relu() if self.relu else y

    def normalise(self, x: Tensor, scale: Tensor | None, bias: Tensor | None) -> Tensor:
        """Normalize x and apply scale (C,) and bias (C,), without the ReLU."""
        if not self.use_stored:
            tops = []
            for part in x.split(self.ghost_size) if self.ghost_size else (x,):
                y, mean, variance = by_batch(part, scale, bias, self.eps, self.mean)
                self.move_sums(mean, variance)
                tops.append(y)
            return torch.cat(tops) if len(tops) > 1 else tops[0]
        mean, variance = self.stored()
        if self.moves_stored:
            wide = x.detach() - mean.reshape(-1, *(1,) * (x.dim() - 2))
            variance = (wide * wide).transpose(0, 1).flatten(1).mean(1).to(mean.dtype)
            num_values = x.numel() // x.shape[1]
            self.move_sums(mean, variance * (num_values / max(num_values - 1, 1)))
        return by_stored(x, scale, bias, mean, variance, self.eps)

    def freeze(self) -> None:
        """Take the stored mean and variance, as `use_global_stats: true` does, and keep them."""
        self.use_stored = True
        self.moves_stored = False

    def stored(self) -> tuple[Tensor, Tensor]:
        """Mean and variance (C,) from the stored sums and their weight.

        With `add_eps_before_sqrt: false` the variance is the one to which eps can be added before
        the root all the same: (sqrt(v) + eps)^2 - eps.
        """
        empty = self.factor == 0
        weight = torch.where(empty, 0.0, 1 / torch.where(empty, 1.0, self.factor))
        variance = self.variance * weight
        if self.adds_eps_last:
            variance = (variance.sqrt() + self.eps).square() - self.eps
        return self.mean * weight, variance

    def move_sums(self, mean: Tensor, variance: Tensor) -> None:
        """Add the statistics (C,) of a batch to the decayed sums."""
        with torch.no_grad():
            self.mean.mul_(self.fraction).add_(mean)
            self.variance.mul_(self.fraction).add_(variance)
            self.factor.mul_(self.fraction).add_(1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.ghost_size:
            raise self.spec.error("batch_norm_param.stats_batch_size", "has no ONNX form: it "
                                  "belongs to training")
        if not self.use_stored:
            y = by_batch_onnx(graph, x, self.scale, self.bias, self.eps)
        else:
            mean, variance = self.stored()
            scale = torch.ones_like(mean) if self.scale is None else self.scale
            bias = torch.zeros_like(mean) if self.bias is None else self.bias
            arrays = zip((scale, bias, mean, variance), ("scale", "bias", "mean", "variance"),
                         strict=True)
            constants = [graph.floats(array, name) for array, name in arrays]
            y = graph.add("BatchNormalization", x, *constants, epsilon=self.eps)
        return [graph.add("Relu", y) if self.relu else y]

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        if not self.use_stored or self.relu:
            return None
        mean, variance = (one.detach().double() for one in self.stored())
        factor = (variance + self.eps).rsqrt()
        if self.scale is not None:
            factor = factor * self.scale.detach().double()
        summand = -mean * factor
        return factor, summand if self.bias is None else summand + self.bias.detach().double()


def by_batch_onnx(graph: OnnxGraph, x: str, scale: Tensor | None, bias: Tensor | None,
                  eps: float) -> str:
    """x to mean 0 and variance 1 over its own batch, times scale (C,), plus bias (C,)."""
    axes = [axis for axis in range(len(graph.shape(x))) if axis != 1]
    centred = graph.add("Sub", x, graph.reduce("ReduceMean", x, axes, True))
    variance = graph.reduce("ReduceMean", graph.add("Mul", centred, centred), axes, True)
    deviation = graph.add("Sqrt", graph.add("Add", variance, graph.floats(eps)))
    y = graph.add("Div", centred, deviation)
    for kind, blob in (("Mul", scale), ("Add", bias)):
        if blob is not None:
            y = graph.add(kind, y, graph.floats(blob.reshape(-1, *(1,) * (len(axes) - 1))))
    return y
