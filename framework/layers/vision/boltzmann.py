"""Restricted Boltzmann machines: RBMInnerProduct, and samples of probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import LAYERS, Layer, Shape, layer
from framework.layers.params import at_least, honour
from framework.layers.vision.inner_product import rows_by
from framework.ops.losses import OwnGradients
from framework.proto import LayerParameter, has_field

FIELD = "rbm_inner_product_param"
HIDDEN = ("hidden_activation_layer_param", "hidden_sampling_layer_param")
VISIBLE = ("visible_activation_layer_param", "visible_sampling_layer_param")
MOST_HIDDEN = 3         # tops: sums, probabilities, samples


@layer
class BernoulliSample(Layer):
    """Bernoulli samples: 1 with the chance that the bottom says, else 0.

    Bottom: probabilities, any shape, from 0 to 1; the original ends at others. No gradient.
    Top:    the same shape.
    Source: bernoulli_sample_layer.cpp of BVLC/caffe's pull request 3568.
    """

    no_gradient_bottoms = (0,)
    keeps_shape = True
    no_onnx_form = "it draws numbers"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)

    def forward(self, x: Tensor) -> Tensor:
        return (torch.rand_like(x) < x).to(x.dtype)


@layer
class RBMInnerProduct(Layer):
    """Restricted Boltzmann machine, trained by contrastive divergence in its forward.

    Bottom: v (N, ...). No gradient.
    Tops:   up to three of the hidden units: sums W v + b, probabilities of them by
            hidden_activation_layer_param, samples of those by hidden_sampling_layer_param; then one
            for each loss_measure.
    Blobs:  those of the InnerProduct that connection_layer_param is: weight (num_output, K), or
            (K, num_output) if `transpose`, and bias (num_output,); then the visible bias (1, ...)
            unless `visible_bias_term: false`.
    With forward_is_update k = sample_steps_in_update steps of Gibbs sampling follow: v from
    W' h + c of the sampled h, by the visible activation and sampling, and h from v. The tops are
    those of the last step, RECONSTRUCTION the activation of the first W' h + c. The gradients are,
    over all items, sum(h_k v_k' - h_0 v_0'), sum(h_k - h_0) and sum(v_k - v_0), h the
    probabilities, whatever the loss of a top is; some top must have one. Without an update no
    blob has a gradient.
    Errors: SpecError for another connection than InnerProduct, for parts that are missing, for
            which the original has no numbers, FREE_ENERGY, which it has not written, a measure
            without an update, and fields of other RBMInnerProducts (pull requests before).
    Source: RBMInnerProductParameter; rbm_inner_product_layer.cpp of BVLC/caffe's pull request 3568;
            Hinton 2002.
    """

    num_tops = (1, None)
    no_gradient_bottoms = (0,)
    no_onnx_form = "it draws numbers"
    weight: Tensor
    bias: Tensor | None
    visible_bias: Tensor | None

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param = proto.rbm_inner_product_param
        has_bias = param.connection_layer_param.inner_product_param.bias_term
        return (True,) * (1 + has_bias + param.visible_bias_term)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "forward_is_update connection_layer_param "
               "hidden_activation_layer_param hidden_sampling_layer_param "
               "visible_activation_layer_param visible_sampling_layer_param visible_bias_term "
               "sample_steps_in_update visible_bias_filler loss_measure")
        param = spec.proto.rbm_inner_product_param
        self.updates = param.forward_is_update
        self.num_steps = param.sample_steps_in_update
        at_least(spec, f"{FIELD}.sample_steps_in_update", (self.num_steps,), 1)
        self.num_errors = len(param.loss_measure)
        self._check_measures(spec)
        self._add_connection(spec, x)
        if param.visible_bias_term:
            self.add_blob("visible_bias", (1, *x[1:]), param.visible_bias_filler)
        else:
            self.visible_bias = None
        names = (*HIDDEN, *VISIBLE) if self.updates else HIDDEN
        self.parts = {name: _part(spec, name, shape) for name, shape in
                      zip(names, ((x[0], self.num_hidden),) * 2 + (x,) * 2, strict=False)}

    def _check_measures(self, spec: LayerSpec) -> None:
        param = spec.proto.rbm_inner_product_param
        self.num_hidden_tops = len(spec.tops) - self.num_errors
        if not 0 <= self.num_hidden_tops <= MOST_HIDDEN:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be from "
                             f"{self.num_errors} to {self.num_errors + MOST_HIDDEN}: one for each "
                             f"loss_measure, and up to {MOST_HIDDEN} before them")
        measures = param.DESCRIPTOR.enum_types_by_name["LossMeasure"].values_by_number
        for number in param.loss_measure:
            measure = measures[number].name
            if measure != "RECONSTRUCTION" or not self.updates:
                raise spec.error(f"{FIELD}.loss_measure", f"is {measure}; the original computes "
                                 "only RECONSTRUCTION, and that with forward_is_update")

    def _add_connection(self, spec: LayerSpec, x: Shape) -> None:
        connection = spec.proto.rbm_inner_product_param.connection_layer_param
        where = f"{FIELD}.connection_layer_param"
        if not has_field(spec.proto.rbm_inner_product_param, "connection_layer_param"):
            raise spec.error(where, "is missing; it must be an InnerProduct")
        if connection.type != "InnerProduct":
            raise spec.error(where, f"is of the type '{connection.type}'; only InnerProduct is "
                             "supported")
        named = LayerParameter(name=spec.name)
        named.MergeFrom(connection)
        inside = replace(spec, proto=named, taken={})
        honour(inside, "inner_product_param", "num_output bias_term weight_filler bias_filler "
               "transpose")
        param = connection.inner_product_param
        _, shape = rows_by(inside, x)
        self.num_hidden = shape[0]
        self.transpose = param.transpose
        self.add_blob("weight", shape[::-1] if self.transpose else shape, param.weight_filler)
        if param.bias_term:
            self.add_blob("bias", shape[:1], param.bias_filler)
        else:
            self.bias = None

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """The shapes of the tops, without a forward of many steps."""
        hidden = (bottoms[0][0], self.num_hidden)
        return [hidden] * self.num_hidden_tops + [bottoms[0]] * self.num_errors

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        # an update: of the data, twice a step, and in both terms of the gradient
        products = 2 * self.num_steps + 3 if self.updates else 1
        return products * bottoms[0][0] * self.weight.numel()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = x.detach()
        with torch.no_grad():
            hidden = self._hidden(x)
            if not self.updates:
                return hidden[:self.num_hidden_tops]
            tops, gradients = self._diverge(x, hidden)
        blobs = self.blobs
        found: tuple[Tensor, ...] = OwnGradients.apply(len(blobs), *blobs, *gradients, *tops)
        return found

    def _hidden(self, v: Tensor) -> tuple[Tensor, ...]:
        """Sums, probabilities and samples of the hidden units."""
        rows = self.weight.t() if self.transpose else self.weight
        sums = F.linear(v.flatten(1), rows, self.bias)
        likely = self.parts[HIDDEN[0]](sums)
        return sums, likely, self.parts[HIDDEN[1]](likely)

    def _diverge(self, x: Tensor, hidden: tuple[Tensor, ...]
                 ) -> tuple[list[Tensor], list[Tensor]]:
        """The tops, and the gradients of the blobs, after the steps of sampling."""
        rows = self.weight.t() if self.transpose else self.weight
        first = hidden[1]
        v = x
        reconstruction = x
        for step in range(self.num_steps):
            sums = (hidden[2] @ rows).view_as(x)
            if self.visible_bias is not None:
                sums = sums + self.visible_bias
            likely = self.parts[VISIBLE[0]](sums)
            if step == 0:
                reconstruction = likely
            v = self.parts[VISIBLE[1]](likely)
            hidden = self._hidden(v)
        weight = hidden[1].t() @ v.flatten(1) - first.t() @ x.flatten(1)
        gradients = [weight.t() if self.transpose else weight]
        if self.bias is not None:
            gradients.append((hidden[1] - first).sum(0))
        if self.visible_bias is not None:
            gradients.append((v - x).sum(0, keepdim=True))
        return [*hidden[:self.num_hidden_tops], *[reconstruction] * self.num_errors], gradients


def _part(spec: LayerSpec, name: str, shape: Shape) -> Layer:
    """The layer that a field of the message is; SpecError without it, or if it has blobs."""
    where = f"{FIELD}.{name}"
    proto = LayerParameter()
    proto.CopyFrom(getattr(spec.proto.rbm_inner_product_param, name))
    cls = LAYERS.get(proto.type)
    if not has_field(spec.proto.rbm_inner_product_param, name):
        raise spec.error(where, "is missing; without it the original has no numbers to go on with")
    if cls is None or not issubclass(cls, Layer):
        raise spec.error(where, f"is of the type '{proto.type}', which is not known")
    proto.name = spec.name
    proto.bottom[:] = ["x"]
    proto.top[:] = ["y"]
    make: Callable[..., Layer] = cls
    part = make(replace(spec, proto=proto, taken={}), shape)
    if part.blob_names or part.top_shapes(shape) != [shape]:
        raise spec.error(where, f"is of the type '{proto.type}'; it must have no blobs, and give "
                         "the shape that it takes")
    return part
