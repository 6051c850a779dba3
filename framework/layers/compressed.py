"""Layers that compute with weights of few bits (weights_compress)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape
from framework.layers.params import LARGEST_STEP
from framework.ops.compression import dithered, signs_and_magnitude
from framework.ops.losses import StraightThrough

KINDS = ("Quantize", "Ternary", "Ternary_Quantize")
BITS = 8
MOST_BITS = 24
OF_CLASS = ("num_bottoms", "num_tops", "same_number", "loss", "loss_tops", "pools_regions",
            "keeps_shape", "appends_axis", "pointwise", "elementwise", "dialects",
            "dialect", "blobs_unknown", "needs_float32")


class Compression:
    """How one blob is made of few bits: `weights_compress` and its CompressParameter.

    In TEST what the message states counts: delta and alpha of Ternary, fixedpos of Quantize; else,
    and in TRAIN, what the values give. Raises SpecError for another kind, and more than 24 bits.
    """

    def __init__(self, spec: LayerSpec, field: str, index: int):
        self.kind = getattr(spec.proto, field)[index]
        if self.kind not in ("", *KINDS):
            raise spec.error(field, f"is '{self.kind}'; it must be one of {', '.join(KINDS)}")
        stated = getattr(spec.proto, f"{field}_param")
        param: Any = stated[index] if index < len(stated) else None     # a CompressParameter
        self.bits = (param.maxbits if param is not None else 0) or BITS
        if not 0 < self.bits <= MOST_BITS:
            raise spec.error(f"{field}_param.maxbits", f"is {self.bits}; it must be from 1 to "
                             f"{MOST_BITS}")
        if param is not None and abs(param.fixedpos) > LARGEST_STEP.bit_length() * 8:
            raise spec.error(f"{field}_param.fixedpos", f"is {param.fixedpos}; it must be from "
                             f"{-LARGEST_STEP.bit_length() * 8} to {LARGEST_STEP.bit_length() * 8}")
        counts = param is not None and spec.phase == "TEST"
        self.exponent = param.fixedpos if counts else 0
        self.delta = param.delta if counts else 0.0
        # stored in steps of 2^fixedpos, and only used with a delta
        self.alpha = param.alpha * 2.0 ** self.exponent if self.delta else 0.0

    def __call__(self, x: Tensor) -> Tensor:
        """The blob of few bits, whose gradient x gets unchanged."""
        if not self.kind:
            return x
        with torch.no_grad():
            value = self._value(x)
        return StraightThrough.apply(x, value)

    def _value(self, x: Tensor) -> Tensor:
        exponent = x.new_tensor(float(self.exponent)) if self.exponent else None
        if self.kind == "Quantize":
            return dithered(x, self.bits, exponent)
        signs, alpha = signs_and_magnitude(x, self.delta, self.alpha)
        if self.kind == "Ternary_Quantize" and not self.alpha:
            alpha = dithered(alpha, self.bits, exponent)
        return signs * alpha


class Compressed(Layer):
    """A layer of another class with its blobs, which it computes with in few bits."""

    inner_class: ClassVar[type[Layer]]
    no_onnx_form = "its weights are rounded at random in each forward"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        inner = self.inner_class(spec, *bottoms)
        if type(inner).materialise is not Layer.materialise:
            raise spec.error("weights_compress", f"is not supported for the blobs of {spec.type}")
        self.inner = inner
        self.no_gradient_bottoms = inner.no_gradient_bottoms
        self.blob_names = inner.blob_names
        self._fillers = inner._fillers
        given = len(spec.proto.weights_compress)
        if given > len(self.blob_names):
            raise spec.error("weights_compress", f"is given {given} times; the layer has "
                             f"{len(self.blob_names)} blobs")
        for name in self.blob_names:
            if name in inner._parameters:
                self.register_parameter(name, inner._parameters.pop(name))
            else:
                self.register_buffer(name, inner._buffers.pop(name))
        self.compressions = [Compression(spec, "weights_compress", index)
                             for index in range(given)]

    def _with(self, blobs: Sequence[Tensor]) -> Layer:
        """The inner layer with these blobs as plain tensors."""
        copied = copy.copy(self.inner)
        copied.__dict__.update(zip(self.blob_names, blobs, strict=True))
        return copied

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        if type(self.inner).top_shapes is not Layer.top_shapes:
            return self.inner.top_shapes(*bottoms)
        return super().top_shapes(*bottoms)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self._with(self.blobs).multiply_adds(bottoms, tops)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return self.inner.example_bottom(index, shapes)

    def note_progress(self, iteration: int, last: int) -> None:
        self.inner.note_progress(iteration, last)

    def forget(self) -> None:
        self.inner.forget()

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        blobs = self.blobs
        few = [compression(blob) for compression, blob
               in zip(self.compressions, blobs, strict=False)]
        tops: Tensor | tuple[Tensor, ...] = self._with([*few, *blobs[len(few):]])(*bottoms)
        return tops


def compressed(cls: type[Layer], spec: LayerSpec) -> type[Layer]:
    """The class that makes a layer with `weights_compress` of `cls`; `cls` itself without it."""
    if not any(spec.proto.weights_compress):
        return cls
    fields = {name: getattr(cls, name) for name in OF_CLASS}
    fields["fork_fields"] = cls.fork_fields | {"weights_compress", "weights_compress_param"}
    return type(f"Compressed{cls.__name__}", (Compressed,), {**fields, "inner_class": cls})
