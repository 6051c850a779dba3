"""Layers that compute in place behind one another run as one where nobody can tell.

In `conv -> BatchNorm -> Scale -> ReLU`, the last three in place, only the last value of the blob
is ever seen. Such a chain runs as convolution, one batch normalisation with scale and bias, and a
ReLU in the same memory; without gradients on a CPU the stored statistics go into the weights of
the convolution. Parameters, running sums, gradients, and the names of all blobs are those of the
layers one by one; values differ by rounding. `net.fused` lists the steps as they run;
`net.fuse = False` turns it off. After `net.optimize_for_inference()` convolutions run as
`packed`, `winograd`, `heads` and `sums` beside it say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.execution import heads, sums
from framework.execution.packed import Packed, has_hooks, is_plain
from framework.layers.activation.neuron import ReLU
from framework.layers.base import Layer
from framework.layers.normalization.batch_norm import BatchNorm
from framework.layers.normalization.scale import Scale
from framework.layers.utility.joining import Eltwise
from framework.layers.vision.convolution import Convolution, Deconvolution
from framework.layers.vision.depthwise import ConvolutionDepthwise
from framework.layers.vision.inner_product import InnerProduct

HEADS = (Convolution, ConvolutionDepthwise, Deconvolution, InnerProduct, BatchNorm, Eltwise)


class Step(NamedTuple):
    """One layer in the walk. `stopped` are the bottoms through which no gradient goes."""

    layer: Layer
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    stopped: frozenset[int]


class FusedStep(NamedTuple):
    """As Step, of one layer or of several."""

    layer: Layer | Chain | heads.Heads | sums.Added
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    stopped: frozenset[int]


def bottoms_of(step: Step | FusedStep, blobs: Mapping[str, Tensor]) -> list[Tensor]:
    """The bottoms of a step, cut off from their graphs where no gradient goes through."""
    return [blobs[name].detach() if index in step.stopped else blobs[name]
            for index, name in enumerate(step.bottoms)]


def tops_of(step: Step | FusedStep, bottoms: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Run one step: its tops, in order."""
    result = step.layer(*bottoms)
    return result if isinstance(result, tuple) else (result,)


AnyStep = TypeVar("AnyStep", Step, FusedStep)


class Chain:
    """A layer and those that follow it in place: BatchNorm, Scale behind it, ReLU.

    Called as the layers one behind the other would be. Where a layer has hooks they are.
    `frozen`: forwards without gradient on a CPU may keep a copy of the weights.
    """

    def __init__(self, layers: Sequence[Layer]):
        self.layers, self.frozen = list(layers), False
        rest: list[Any] = list(layers)          # Any: layers, told apart by their order
        self.relu = isinstance(rest[-1], ReLU) and bool(rest.pop())
        self.scale: Any = rest.pop() if isinstance(rest[-1], Scale) else None
        self.norm: Any = rest.pop() if isinstance(rest[-1], BatchNorm) else None
        self.head: Any = rest[0] if rest else None
        self.folds = is_plane_convolution(self.head) and (self.norm is None
                                                          or self.norm.use_stored)
        self._packed: Packed | None = None

    def __repr__(self) -> str:
        return " + ".join(layer.spec.name for layer in self.layers)

    def __call__(self, *bottoms: Tensor) -> Tensor:
        if has_hooks(self.layers):
            return self.one_by_one(*bottoms)
        if self.folds and not torch.is_grad_enabled() and is_plain(bottoms[0]):
            if self.frozen:
                return self.packed()(bottoms[0])
            y = self.convolve(bottoms[0])
        else:
            y = bottoms[0] if self.head is None else self.head(*bottoms)
            if self.norm is not None:
                y = self.normalise(y)
        return y.relu_() if self.relu else y        # this memory is ours: nobody has seen it

    def __getstate__(self) -> dict[str, Any]:   # Any: all fields
        return {**self.__dict__, "_packed": None}   # it can be neither copied nor pickled

    def freeze(self, frozen: bool) -> None:
        self.frozen, self._packed = frozen, None

    def one_by_one(self, *bottoms: Tensor) -> Tensor:
        for layer in self.layers:
            bottoms = (layer(*bottoms),)
        return bottoms[0]

    def normalise(self, x: Tensor) -> Tensor:
        """BatchNorm, and Scale if it follows."""
        if self.scale is None:
            return self.norm(x)
        return self.norm.normalise(x, self.scale.scale, self.scale.bias)

    def convolve(self, x: Tensor) -> Tensor:
        """All but ReLU, of x (N, C, H, W), without gradient."""
        at, conv = self.head.geometry, self.head
        # folding costs as much as the weights are many, normalising as much as the top
        if self.norm is None or conv.weight[0].numel() * at.stride[0] * at.stride[1] * \
                at.channels > x.numel():
            y = F.conv2d(x, conv.weight, conv.bias, at.stride, at.pad, at.dilation, at.group)
            return y if self.norm is None else self.normalise(y)
        return F.conv2d(x, *self.folded(), at.stride, at.pad, at.dilation, at.group)

    def packed(self) -> Packed:
        """All layers, with the weights as they are now."""
        packed = self._packed
        if packed is None or not packed.is_current():
            self._packed = packed = Packed(*self.folded(), self.head.geometry, self.relu,
                                           self.layers)
        return packed

    def folded(self) -> tuple[Tensor, Tensor | None]:
        """Weight and bias with which the convolution alone does the normalisation as well."""
        weight, bias = self.head.weight, self.head.bias
        if self.norm is None:
            return weight, bias
        mean, variance = self.norm.stored()
        factor = (variance + self.norm.eps).rsqrt()
        if self.scale is not None:
            factor = factor * self.scale.scale
        bias = (-mean if bias is None else bias - mean) * factor
        if self.scale is not None and self.scale.bias is not None:
            bias = bias + self.scale.bias
        return weight * factor.view(-1, 1, 1, 1), bias


def is_plane_convolution(layer: Any) -> bool:   # Any: a layer whose parts mypy does not know
    """Whether it is a convolution of one bottom (N, C, H, W), and nothing else inside."""
    return (isinstance(layer, Convolution | ConvolutionDepthwise)
            and len(layer.spec.bottoms) == 1 and layer.geometry.axis == 1
            and len(layer.geometry.kernel) == 2 and not getattr(layer, "relu", False))


def fuse(steps: Sequence[Step]) -> list[FusedStep]:
    """The steps with every chain as one, at the place of its first layer."""
    fused: list[FusedStep] = []
    for places in _groups(steps, _chain):
        step, layers = steps[places[0]], [steps[place].layer for place in places]
        alone = len(layers) == 1 and not is_plane_convolution(step.layer)
        fused.append(FusedStep(step.layer if alone else Chain(layers), *step[1:]))
    return fused


def join_heads(steps: Sequence[FusedStep]) -> list[FusedStep]:
    """The steps with convolutions beside one another as one, at the place of the first."""
    joined: list[FusedStep] = []
    for places in _groups(steps, _beside):
        step = steps[places[0]]
        if len(places) > 1:
            tops = tuple(steps[place].tops[0] for place in places)
            step = FusedStep(heads.Heads([steps[place].layer for place in places]),
                             step.bottoms, tops, step.stopped)
        joined.append(step)
    return joined


def join_sums(steps: Sequence[FusedStep], wanted: Collection[str]) -> list[FusedStep]:
    """The steps with each sum of two and a convolution that only it reads as one.

    The tops of such convolutions do not come to be: none is of the `wanted` ones.
    """
    joined: list[FusedStep | None] = list(steps)
    for index, step in enumerate(steps):
        if not sums.is_sum(step.layer) or step.stopped or len(set(step.bottoms)) < 2:
            continue
        for place in (1, 0):
            name = step.bottoms[place]
            touching = [at for at, one in enumerate(steps) if name in (*one.bottoms, *one.tops)]
            first = steps[touching[0]]
            if (name in wanted or len(touching) != 2 or touching[1] != index or first.stopped
                    or not sums.is_summand(first.layer)
                    or any(first.bottoms[0] in one.tops for one in steps[touching[0]:index])):
                continue
            joined[touching[0]] = None
            joined[index] = FusedStep(sums.Added(first.layer, step.layer, place == 0),
                                      (*first.bottoms, step.bottoms[1 - place]), step.tops,
                                      frozenset())
            break
    return [step for step in joined if step is not None]


def last_uses(steps: Sequence[Step | FusedStep], wanted: Collection[str]) -> dict[int, list[str]]:
    """For each step the blobs that none behind it touches, but the wanted ones."""
    last = {name: index for index, step in enumerate(steps)
            for name in (*step.bottoms, *step.tops) if name not in wanted}
    done: dict[int, list[str]] = {}
    for name, index in last.items():
        done.setdefault(index, []).append(name)
    return done


def _groups(steps: Sequence[AnyStep],
            find: Callable[[Sequence[AnyStep], int], list[int]]) -> Iterator[list[int]]:
    """What `find` gives for the first step, then for the first that is in no group yet, ..."""
    taken: set[int] = set()
    for index in range(len(steps)):
        if index not in taken:
            places = find(steps, index)
            taken.update(places)
            yield places


def _chain(steps: Sequence[Step], start: int) -> list[int]:
    """The places of the layers that run as one with that at `start`, itself the first."""
    layer, _, tops, stopped = steps[start]
    if not isinstance(layer, HEADS) or len(tops) != 1 or not _is_fresh(layer):
        return [start]
    places = [start]
    for kind in (BatchNorm, Scale, ReLU):
        found = _next_touching(steps, places[-1], tops[0])
        if found is None:
            break
        follower = steps[found]
        if follower.bottoms != tops or follower.tops != tops or follower.stopped:
            break
        if type(follower.layer) is kind and _fits(follower.layer, steps[places[-1]].layer):
            places.append(found)
    return places


def _beside(steps: Sequence[FusedStep], start: int) -> list[int]:
    """The places of the convolutions that can run where that at `start` does, itself the first."""
    step, places = steps[start], [start]
    if not isinstance(step.layer, Chain):
        return places
    read, written = set[str](), set(step.tops)
    for place, other in enumerate(steps[start + 1:], start + 1):
        if (isinstance(other.layer, Chain) and other[1::2] == step[1::2]
                and not written & {*other.bottoms, *other.tops}
                and not read & {*other.tops} and heads.fit(step.layer, other.layer)):
            places.append(place)
        read.update(other.bottoms)
        written.update(other.tops)
    return places


def _next_touching(steps: Sequence[Step], start: int, name: str) -> int | None:
    """The next step that reads or writes the blob."""
    for index in range(start + 1, len(steps)):
        if name in steps[index].bottoms or name in steps[index].tops:
            return index
    return None


def _is_fresh(layer: Any) -> bool:
    """Whether the top has memory of its own, and a backward that does not look at it."""
    return not isinstance(layer, Eltwise) or layer.operation == "SUM"


def _fits(layer: Any, before: Any) -> bool:     # Any: layers, whose parts mypy does not know
    """Whether the layer can run as one with the one before it."""
    if isinstance(layer, BatchNorm):
        return not layer.blobs[3:] and not layer.relu and not layer.moves_stored
    if isinstance(layer, Scale):
        return (type(before) is BatchNorm and not before.blobs[3:] and not before.relu
                and not before.moves_stored and layer.axis == 1 and layer.scale.dim() == 1)
    return bool(layer.negative_slope == 0)
