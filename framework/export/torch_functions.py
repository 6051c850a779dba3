"""Functions of torch in the operators that torch.onnx knows and that importers read.

They stand in for torch's own while a module is exported: what torch.onnx refuses (adaptive pooling
to a size that does not divide the map's, channel_shuffle, a threshold, rms_norm, nearest-exact);
LRN, of which it makes some twenty operators, one with graphs of its own; and logsigmoid, of which
it makes the logarithm of a sigmoid that may be 0.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
MAXIMUM = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_torchs_lrn = functional.local_response_norm
_torchs_interpolate = functional.interpolate


@contextlib.contextmanager
def exportable() -> Iterator[None]:
    """Replace the functions, and give torch's back."""
    replaced: dict[str, Callable[..., Any]] = {     # Any: results and arguments of each
        "local_response_norm": _lrn, "channel_shuffle": _channel_shuffle, "threshold": _threshold,
        "rms_norm": _rms_norm, "interpolate": _interpolate, "logsigmoid": _logsigmoid}
    for axes in (1, 2, 3):
        for kind, pools in (("avg", AVERAGE), ("max", MAXIMUM)):
            name = f"adaptive_{kind}_pool{axes}d"
            replaced[name] = _adaptive(getattr(functional, name), pools[axes], axes)
    own = {name: getattr(functional, name) for name in replaced}
    try:
        for name, function in replaced.items():
            setattr(functional, name, function)
        yield
    finally:
        for name, function in own.items():
            setattr(functional, name, function)


class _Lrn(torch.autograd.Function):
    """LRN of an odd size as one operator."""

    @staticmethod
    def forward(context: Any, x: Tensor, *sizes: Any) -> Tensor:   # Any: torch's, and numbers
        return _torchs_lrn(x, *sizes)

    @staticmethod
    def symbolic(graph: Any, x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
        """Any: torch's graph and a value in it."""
        return graph.op("LRN", x, size_i=size, alpha_f=alpha, beta_f=beta, bias_f=k)


def _lrn(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
         ) -> Tensor:
    """torch's function. ONNX Runtime has windows of odd sizes alone: even ones are written out,
    with size // 2 channels before and one less after, as torch has them."""
    if size % 2:
        return _Lrn.apply(input, size, alpha, beta, k)
    shape = [int(number) for number in input.shape]
    squares = input.square().reshape(shape[0], 1, shape[1], -1)
    squares = functional.pad(squares, (0, 0, size // 2, (size - 1) // 2))
    mean = functional.avg_pool2d(squares, (size, 1), stride=1).reshape(shape)
    return input / (mean * alpha + k).pow(beta)


class _NearestExact(torch.autograd.Function):
    """The cell below the middle of each cell of the result, as one operator."""

    @staticmethod
    def forward(context: Any, x: Tensor, *sizes: int) -> Tensor:   # Any: torch's
        return _torchs_interpolate(x, list(sizes[2:]), mode="nearest-exact")

    @staticmethod
    def symbolic(graph: Any, x: Any, *sizes: int) -> Any:
        """Any: torch's graph and a value in it."""
        nothing = graph.op("Constant", value_t=torch.zeros(0))
        wanted = graph.op("Constant", value_t=torch.tensor(sizes))
        return graph.op("Resize", x, nothing, nothing, wanted, mode_s="nearest",
                        coordinate_transformation_mode_s="half_pixel",
                        nearest_mode_s="round_prefer_ceil")


def _interpolate(input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 *more: Any, **options: Any) -> Tensor:
    """torch's function; to a size by nearest-exact, which torch.onnx has not, as one operator.

    Any: sizes, factors and what else it takes
    """
    if mode != "nearest-exact" or size is None:
        return _torchs_interpolate(input, size, scale_factor, mode, *more, **options)
    sizes = size if isinstance(size, Sequence) else [size] * (input.dim() - 2)
    return _NearestExact.apply(input, *map(int, (*input.shape[:2], *sizes)))


def _channel_shuffle(input: Tensor, groups: int) -> Tensor:
    shape = [int(number) for number in input.shape]
    parts = input.reshape(shape[0], groups, shape[1] // groups, *shape[2:])
    return parts.transpose(1, 2).reshape(shape)


def _threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    return torch.where(input > threshold, input, value)


def _logsigmoid(input: Tensor) -> Tensor:
    """Without the logarithm of a sigmoid that is 0, which torch.onnx makes of it."""
    return -functional.softplus(-input)


def _rms_norm(input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
              eps: float | None = None) -> Tensor:
    """torch's function; without eps the type's."""
    axes = list(range(-len(normalized_shape), 0))
    mean = input.square().mean(axes, keepdim=True)
    y = input * torch.rsqrt(mean + (torch.finfo(input.dtype).eps if eps is None else eps))
    return y if weight is None else y * weight


def _adaptive(torchs: Callable[..., Any], pool: Callable[..., Tensor], num_axes: int
              ) -> Callable[..., Any]:      # Any: torch's arguments, and indices with the maxima
    """torch's adaptive pooling; to a size that does not divide the map's by one pooling for each
    cell of each axis: window i is from floor(i * n / size) to ceil((i + 1) * n / size)."""

    def adaptive(input: Tensor, output_size: Any, *more: Any, **options: Any) -> Any:
        sizes = [int(number) for number in input.shape[-num_axes:]]
        given = output_size if isinstance(output_size, Sequence) else [output_size] * num_axes
        wanted = [size if one is None else int(one)
                  for one, size in zip(given, sizes, strict=True)]
        if set(wanted) == {1} or 0 in wanted or any(more) or any(options.values()) \
                or input.dim() != num_axes + 2:
            return torchs(input, output_size, *more, **options)
        if all(size % one == 0 for one, size in zip(wanted, sizes, strict=True)):
            window = [size // one for one, size in zip(wanted, sizes, strict=True)]
            return pool(input, window, stride=window)
        y = input
        for index, (n, size) in enumerate(zip(sizes, wanted, strict=True)):
            y = _cells(y, pool, index, num_axes, n, size)
        return y

    return adaptive


def _cells(x: Tensor, pool: Callable[..., Tensor], index: int, num_axes: int, n: int, size: int
           ) -> Tensor:
    """One axis brought from n to `size` cells."""
    def pooled(part: Tensor, width: int) -> Tensor:
        window = [width if axis == index else 1 for axis in range(num_axes)]
        return pool(part, window, stride=window)

    if n % size == 0:
        return pooled(x, n // size)
    cells = []
    for cell in range(size):
        first, last = cell * n // size, -(-(cell + 1) * n // size)
        cells.append(pooled(x.narrow(index + 2, first, last - first), last - first))
    return torch.cat(cells, index + 2)
