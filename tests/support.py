"""What tests of layers share: a layer made from a line of prototxt, noise, and the common check."""

from __future__ import annotations

import torch
from torch import Tensor

from framework import parse_net, prototxt
from framework.layer import Layer, Shape
from framework.layers import LAYERS
from framework.net import Net
from framework.spec import LayerSpec, NetSpec


def noise(*shape: int | Shape, seed: int = 1, dtype: torch.dtype = torch.float64,
          requires_grad: bool = True) -> Tensor:
    """Normal noise from a generator of its own."""
    size = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(size, generator=generator, dtype=torch.float64).to(dtype)
    return values.requires_grad_(requires_grad)


def layer_spec(kind: str, param: str, num_bottoms: int, num_tops: int = 1,
               phase: str = "TRAIN") -> LayerSpec:
    """The spec of a layer; `param` is the inside of its param message (`num_output: 4`), or, with
    a brace or a field of the layer itself, whole fields (`loss_param { normalize: true }`)."""
    proto_text = "".join(f' bottom: "bottom{index}"' for index in range(num_bottoms))
    proto_text += "".join(f' top: "top{index}"' for index in range(num_tops))
    field = param_field(kind) if param and "{" not in param else None
    inside = f"{field} {{ {param} }}" if field else param
    text = f'layer {{ name: "layer" type: "{kind}" {proto_text} {inside} }}'
    inputs = "".join(f'layer {{ name: "bottom{index}" type: "Input" top: "bottom{index}" '
                     "input_param { shape { dim: 1 } } }\n" for index in range(num_bottoms))
    return NetSpec(parse_net(inputs + text), phase).layers[-1]


def param_field(kind: str) -> str:
    """The name of a type's param message: `InnerProduct` -> `inner_product_param`."""
    import framework.proto as proto
    special = {"Convolution": "convolution_param", "Deconvolution": "convolution_param",
               "Im2col": "convolution_param", "Normalize": "norm_param",
               "MultiBoxLoss": "multibox_loss_param"}
    if kind in special:
        return special[kind]
    names = proto.LayerParameter.DESCRIPTOR.fields_by_name
    folded = {name.replace("_", ""): name for name in names}
    return folded[kind.lower() + "param"]


def make(kind: str, param: str = "", *shapes: Shape, tops: int = 1, phase: str = "TRAIN",
         dtype: torch.dtype = torch.float64) -> Layer:
    """The layer, materialised, in float64, with noise in every blob: a lost bias must show."""
    spec = layer_spec(kind, param, len(shapes), tops, phase)
    layer = LAYERS[kind](spec, *shapes)
    assert isinstance(layer, Layer)
    layer.top_shapes(*shapes)
    layer.materialise(torch.Generator().manual_seed(0))
    layer = layer.to(dtype)
    with torch.no_grad():
        for index, blob in enumerate(layer.blobs):
            blob.copy_(noise(tuple(blob.shape), seed=100 + index))
    return layer


def as_tuple(tops: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tops if isinstance(tops, tuple) else (tops,)


def check_layer(layer: Layer, *bottoms: Tensor, compile: bool = True, export: bool = True,
                autocast: bool = True, channels_last: bool = True) -> None:
    """What every layer must stand: meta shapes, compile, export, autocast, channels_last, text.

    bottoms   float64 tensors; ones that are integers in meaning stay as they are
    """
    with torch.no_grad():
        expected = as_tuple(layer(*bottoms))
        shapes = layer.top_shapes(*(tuple(bottom.shape) for bottom in bottoms))
        assert [tuple(top.shape) for top in expected] == [tuple(shape) for shape in shapes]
        if compile:
            torch._dynamo.reset()
            compiled = torch.compile(layer, fullgraph=True, backend="eager")
            _assert_equal(as_tuple(compiled(*bottoms)), expected)
        if export:
            program = torch.export.export(layer, tuple(bottoms))
            _assert_equal(as_tuple(program.module()(*bottoms)), expected)
        if channels_last and any(bottom.dim() == 4 for bottom in bottoms):
            moved = [bottom.contiguous(memory_format=torch.channels_last) if bottom.dim() == 4
                     else bottom for bottom in bottoms]
            _assert_equal(as_tuple(layer(*moved)), expected)
    if autocast:
        single = [bottom.detach().float() for bottom in bottoms]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for top, wanted in zip(as_tuple(layer.float()(*single)), expected, strict=True):
                assert top.shape == wanted.shape
        layer.double()
    message = layer.spec.proto
    text = f"layer {{ {prototxt.to_text(message)} }}"
    assert prototxt.parse(text, "NetParameter").message.layer[0] == message


def _assert_equal(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


def net_from(text: str, phase: str = "TRAIN", **options: object) -> Net:
    """A net from its text."""
    return Net(parse_net(text), phase=phase, **options)  # type: ignore[arg-type]
