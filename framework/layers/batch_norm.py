"""BatchNorm."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.layer import Layer, Shape, layer
from framework.layers.param_fields import honour, is_set
from framework.proto import FillerParameter
from framework.spec import LayerSpec


@layer
class BatchNorm(Layer):
    """Shift and scale each channel to mean 0 and variance 1.

    Bottom: x (N, C, n1, ...).
    Top:    y = (x - mean) / sqrt(variance + eps), in the shape of x.
    Blobs:  mean (C,) and variance (C,), decayed sums, and factor (1,), their weight; not learned.
            With `scale_bias: true`, or a scale_filler or bias_filler (NVIDIA's fork), then
            scale (C,), 1 by default, and bias (C,): y * scale + bias.
    In TRAIN, or with `use_global_stats: false`, mean and variance are those of the batch, and
    factor = f * factor + 1, mean = f * mean + batch mean, variance = f * variance + m / (m - 1) *
    batch variance; f is moving_average_fraction, m the values in a channel (m = 1: as m / 1).
    Else both sums are divided by the factor; a factor of 0 makes mean and variance 0.
    NVIDIA's own files hold means and factor 1, which is the same thing.
    Intel's `relu: true` is applied at the end.
    Errors: SpecError with one axis, and for fields of forks with another meaning.
    Source: BatchNormParameter in caffe.proto; BVLC and NVIDIA batch_norm_layer.cpp.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "batch_norm_param", "use_global_stats moving_average_fraction eps relu "
               "scale_bias scale_filler bias_filler fused_relu")
        param = spec.proto.batch_norm_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; BatchNorm needs at least 2 axes (N, C)")
        self.eps, self.fraction = param.eps, param.moving_average_fraction
        self.use_stored = (param.use_global_stats if param.HasField("use_global_stats")
                           else spec.phase == "TEST")
        self.relu = param.relu or (is_set(param, "fused_relu") and param.fused_relu)
        channels = (x[1],)
        for name, shape in (("mean", channels), ("variance", channels), ("factor", (1,))):
            self.add_blob(name, shape, learned=False)
        self.scale = self.bias = None
        if param.scale_bias or is_set(param, "scale_filler") or is_set(param, "bias_filler"):
            del self.scale, self.bias
            one = FillerParameter(type="constant", value=1)
            self.add_blob("scale", channels,
                          param.scale_filler if is_set(param, "scale_filler") else one)
            self.add_blob("bias", channels, param.bias_filler)

    def forward(self, x: Tensor) -> Tensor:
        y = self.by_stored_sums(x) if self.use_stored else self.by_batch(x)
        return y.relu() if self.relu else y

    def by_stored_sums(self, x: Tensor) -> Tensor:
        empty = self.factor == 0
        weight = torch.where(empty, 0.0, 1 / torch.where(empty, 1.0, self.factor))
        return self.normalise(x, self.mean * weight, self.variance * weight, False)

    def by_batch(self, x: Tensor) -> Tensor:
        """Normalise, and move the running sums.

        With momentum 1 torch writes the mean and the unbiased variance of the batch into the two
        tensors it is given.
        """
        mean, variance = torch.zeros_like(self.mean), torch.zeros_like(self.variance)
        if x.numel() > x.shape[1]:
            y = self.normalise(x, mean, variance, True)
        else:  # one value a channel, where torch divides 0 by 0
            y = self.normalise(x - x, mean, variance, False)
            mean = x.detach().reshape(-1).to(mean.dtype)
        with torch.no_grad():
            self.mean.mul_(self.fraction).add_(mean)
            self.variance.mul_(self.fraction).add_(variance)
            self.factor.mul_(self.fraction).add_(1)
        return y

    def normalise(self, x: Tensor, mean: Tensor, variance: Tensor, by_batch: bool) -> Tensor:
        return torch.batch_norm(x, self.scale, self.bias, mean, variance, by_batch, 1.0, self.eps,
                                torch.backends.cudnn.enabled)
