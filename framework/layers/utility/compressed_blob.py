"""Blobs of few bits (activations_compress)."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.compressed import Compression


@layer
class CompressedBlob(Layer):
    """A blob in few bits: what a layer with `activations_compress` is followed by.

    Bottom: x (...). Top: as x. Quantize: steps of a power of two, 255 of them up to the largest
            magnitude's power, rounded after a draw from -1/2 to 1/2 is added; maxbits states other
            numbers than 8. Ternary: the signs of values beyond 0.7 of the mean magnitude, times the
            mean magnitude of these, which Ternary_Quantize has in steps too. In TEST the numbers in
            activations_compress_param count: fixedpos, delta, alpha. The gradient is 1.
    Errors: SpecError for another kind.
    Source: activations_compress and CompressParameter; layer.hpp and blob.cpp of
            GongCheng1919/Quantitative-and-ternary-caffe-for-network-compression.
    """

    keeps_shape = True
    pointwise = True
    reads = ("activations_compress_param",)
    fork_fields = frozenset(["activations_compress", "activations_compress_param"])
    no_onnx_form = "it rounds at random"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(spec.proto.activations_compress) != 1:
            raise spec.error("activations_compress", "must be given once")
        self.compression = Compression(spec, "activations_compress", 0)

    def forward(self, x: Tensor) -> Tensor:
        return self.compression(x)
