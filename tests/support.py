"""What tests of layers share: a layer made from a line of prototxt, noise, and the common check."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framework import parse_net
from framework.definition import prototxt
from framework.definition.spec import LayerSpec, NetSpec
from framework.layers import LAYERS
from framework.layers.base import Layer, Shape
from framework.layers.messages import reads_message
from framework.net.net import Net


def noise(*shape: int | Shape, seed: int = 1, dtype: torch.dtype = torch.float64,
          requires_grad: bool = True) -> Tensor:
    """Normal noise from a generator of its own."""
    size = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(size, generator=generator, dtype=torch.float64).to(dtype)
    return values.requires_grad_(requires_grad)


def array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy()


def layer_spec(kind: str, param: str, num_bottoms: int, num_tops: int = 1,
               phase: str = "TRAIN") -> LayerSpec:
    """The spec of a layer whose text is `layer_text`."""
    text = layer_text(kind, param, [(1,)] * num_bottoms, num_tops)
    return NetSpec(parse_net(text), phase).layers[-1]


def layer_text(kind: str, param: str, bottoms: Sequence[Shape], num_tops: int = 1,
               fields: str = "") -> str:
    """A net of one layer, 'layer', after inputs 'bottom0', 'bottom1', ...

    `param` is the inside of its param message (`num_output: 4`), or, with a brace or a field of
    the layer itself, whole fields (`loss_param { normalize: true }`); `fields` are more of those.
    """
    joints = "".join(f' bottom: "bottom{index}"' for index in range(len(bottoms)))
    joints += "".join(f' top: "top{index}"' for index in range(num_tops))
    field = param_field(kind) if param and not _is_whole(param) else None
    inside = f"{field} {{ {param} }}" if field else param
    inputs = "".join(
        f'layer {{ name: "bottom{index}" type: "Input" top: "bottom{index}" input_param {{ shape '
        f'{{ {" ".join(f"dim: {size}" for size in shape)} }} }} }}\n'
        for index, shape in enumerate(bottoms))
    return inputs + f'layer {{ name: "layer" type: "{kind}" {joints} {inside} {fields} }}'


def _is_whole(param: str) -> bool:
    """Whether a param is whole fields of the layer: a message, or one of those without any."""
    return "{" in param or param.startswith(("activations_compress", "apply_"))


def param_field(kind: str) -> str:
    """The name of a type's param message: `InnerProduct` -> `inner_product_param`."""
    import framework.proto as proto
    if kind == "Normalize":
        return "norm_param"         # its own is another project's Normalize
    own = [name for name in proto.LayerParameter.DESCRIPTOR.fields_by_name
           if reads_message(kind, name) and name not in LAYERS[kind].reads]
    return (own or LAYERS[kind].reads)[0]


def make(kind: str, param: str = "", *shapes: Shape, tops: int = 1, phase: str = "TRAIN",
         dtype: torch.dtype = torch.float64) -> Layer:
    """The layer, materialised, in float64, with noise in every blob: a lost bias must show.
    Blobs that are not learned hold positive numbers, since variances are among them."""
    spec = layer_spec(kind, param, len(shapes), tops, phase)
    layer = LAYERS[kind](spec, *shapes)
    assert isinstance(layer, Layer)
    layer.top_shapes(*shapes)
    layer.materialise(torch.Generator().manual_seed(0))
    layer = layer.to(dtype)
    with torch.no_grad():
        for index, blob in enumerate(layer.blobs):
            values = noise(tuple(blob.shape), seed=100 + index)
            blob.copy_(values if blob.requires_grad else values.abs() + 0.5)
    return layer


def as_tuple(tops: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tops if isinstance(tops, tuple) else (tops,)


def check_layer(layer: Layer, *bottoms: Tensor, compile: bool = True, export: bool = True,
                autocast: bool = True, channels_last: bool = True, gradient: bool = False,
                shapes: bool = True, values: bool = True,
                blobs: Sequence[Shape] | None = None) -> None:
    """What every layer must pass: shapes, blobs, compile, export, autocast, channels_last, text.

    bottoms   float64 tensors; ones that are integers in meaning stay as they are
    gradient  it is the derivative, for every bottom and blob that gets one
    shapes    the shapes that are known at build are those of the tops
    values    every run gives the same; False for layers that draw numbers in another order when
              compiled
    blobs     the shapes of the blobs in Caffe's order
    """
    compare = _assert_equal if values else _assert_same_shapes
    if blobs is not None:
        assert [tuple(blob.shape) for blob in layer.blobs] == [tuple(shape) for shape in blobs]
    with torch.no_grad():
        expected = run(layer, bottoms)
        found = layer.top_shapes(*(tuple(bottom.shape) for bottom in bottoms))
        assert not shapes or [tuple(top.shape) for top in expected] == found
        if compile:
            torch._dynamo.reset()
            compiled = torch.compile(layer, fullgraph=True, backend="eager")
            compare(run(compiled, bottoms), expected)
        if export:
            program = torch.export.export(layer, bottoms)
            compare(run(program.module(), bottoms), expected)
        if channels_last and any(bottom.dim() == 4 for bottom in bottoms):
            moved = [bottom.contiguous(memory_format=torch.channels_last) if bottom.dim() == 4
                     else bottom for bottom in bottoms]
            compare(run(layer, moved), expected)
    if gradient:
        assert check_gradient(layer, bottoms)
    if autocast:
        check_single_and_half(layer, bottoms, expected, 0.1 if values else math.inf)
    message = layer.spec.proto
    text = f"layer {{ {prototxt.to_text(message)} }}"
    assert prototxt.parse(text, "NetParameter").message.layer[0] == message


def run(function: Callable[..., Any], bottoms: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The tops of one forward, from the same random numbers every time. Any: they are one or
    several. Asserts that the forward leaves the bottoms as they are."""
    versions = [bottom._version for bottom in bottoms]
    with torch.random.fork_rng():
        torch.manual_seed(5)
        tops = as_tuple(function(*bottoms))
    assert [bottom._version for bottom in bottoms] == versions
    return tops


def check_gradient(layer: Layer, bottoms: Sequence[Tensor]) -> bool:
    """gradcheck over the blobs and the bottoms that want a gradient."""
    frozen = layer.no_gradient_bottoms
    moving = [index for index, bottom in enumerate(bottoms)
              if bottom.requires_grad and index not in frozen]
    names = [name for name, blob in layer.named_parameters() if blob.requires_grad]

    def tops(*values: Tensor) -> tuple[Tensor, ...]:
        given = [bottom.detach() for bottom in bottoms]
        for index, value in zip(moving, values, strict=False):
            given[index] = value
        blobs = dict(zip(names, values[len(moving):], strict=True))
        found = run(lambda *x: torch.func.functional_call(layer, blobs, x), given)
        return tuple(top for top in found if top.requires_grad)

    values = [bottoms[index] for index in moving] + [getattr(layer, name) for name in names]
    return torch.autograd.gradcheck(tops, values, fast_mode=True)


def check_single_and_half(layer: Layer, bottoms: Sequence[Tensor],
                          expected: Sequence[Tensor], limit: float) -> None:
    """The tops in float32, and near enough under autocast, from float32 and from bfloat16."""
    single = [bottom.detach().float() for bottom in bottoms]
    half = [copy.bfloat16() if bottom.requires_grad else copy
            for bottom, copy in zip(bottoms, single, strict=True)]
    layer.float()
    with torch.no_grad():
        tops = run(layer, single)
        assert all(top.dtype == torch.float32 for top in tops), "float32 gives another type"
        _assert_near(tops, expected, limit / 100)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            _assert_near(run(layer, single), expected, limit)
            _assert_near(run(layer, half), expected, limit)
    layer.double()


def _assert_near(found: Sequence[Tensor], expected: Sequence[Tensor], limit: float) -> None:
    """Equal shapes, and on the whole equal values: a few may be beyond a threshold."""
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape
        far = (mine.double() - theirs).abs().nan_to_num()
        scale = theirs.nan_to_num().abs().mean() + 1e-6
        assert far.numel() == 0 or far.mean() / scale <= limit


def _assert_equal(found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


def _assert_same_shapes(found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    assert [top.shape for top in found] == [top.shape for top in expected]


def net_from(text: str, phase: str = "TRAIN", **options: object) -> Net:
    """A net from its text."""
    return Net(parse_net(text), phase=phase, **options)  # type: ignore[arg-type]
