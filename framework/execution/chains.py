"""Operator fusion: convolution, BatchNorm, Scale and ReLU in place run as a single step.

In `conv -> BatchNorm -> Scale -> ReLU`, the last three in place, only the last value of the blob
is ever read. Such a chain runs as convolution, one batch normalisation with scale and bias, and a
ReLU in the same memory; without gradients on a CPU the stored statistics go into the weights of
the convolution. Parameters, running sums, gradients, and the names of all blobs are those of the
layers one by one; values differ by rounding. `net.fused` lists the steps as they run;
`net.fuse = False` turns it off. After `net.optimize_for_inference()` convolutions run as
`packed`, `winograd`, `heads` and `sums` in this folder describe.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.errors import CaffeError
from framework.execution import heads, sums
from framework.execution.graph import Graph
from framework.execution.packed import Packed, has_hooks, is_plain
from framework.layers.activation.neuron import ReLU
from framework.layers.base import Layer
from framework.layers.empty_bottoms import refuse_empty
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
    """Run one step: its tops, in order.

    SpecError for a bottom without values, such as the boxes of an image that has none, where the
    layer's arithmetic cannot do with it.
    """
    try:
        result = step.layer(*bottoms)
    except (RuntimeError, IndexError, ValueError, ArithmeticError) as error:
        if isinstance(error, CaffeError):
            raise
        first = step.layer if isinstance(step.layer, Layer) else step.layer.layers[0]
        refuse_empty(first.spec, [tuple(bottom.shape) for bottom in bottoms], error)
        raise
    return result if isinstance(result, tuple) else (result,)


AnyStep = TypeVar("AnyStep", Step, FusedStep)


class Chain:
    """A layer and those that follow it in place: BatchNorm, Scale after it, ReLU.

    Computes what the layers one by one would; where a layer has hooks they run one by one.
    `frozen`: forwards without gradient on a CPU may keep a copy of the weights.
    """

    def __init__(self, layers: Sequence[Layer]):
        self.layers = list(layers)
        self.frozen = False
        # Any: layers. Their order is head, norm, scale, relu, each of which may be absent.
        rest: list[Any] = list(layers)
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
        return y.relu_() if self.relu else y        # in place: y is new, and not referenced yet

    def __getstate__(self) -> dict[str, Any]:   # Any: all fields
        return {**self.__dict__, "_packed": None}   # it can be neither copied nor pickled

    def freeze(self, frozen: bool) -> None:
        """Let forwards keep a packed copy of the weights, or not."""
        self.frozen = frozen
        self._packed = None

    def one_by_one(self, *bottoms: Tensor) -> Tensor:
        """The last top, of each layer called by itself."""
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
        conv = self.head
        x, at = conv.geometry.padded(x), conv.geometry.inner
        # Folding the statistics into the weights costs as many operations as there are weights,
        # normalising as many as the top has values. Both are divided by num_output here: the top
        # has about x.numel() / (channels * strides) values a channel.
        folding = conv.weight[0].numel() * at.stride[0] * at.stride[1] * at.channels
        if self.norm is None or folding > x.numel():
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
        """Weight and bias of a convolution that includes the normalisation.

        scale (conv(x) - mean) / sqrt(variance + eps) + shift = conv'(x), with the weights times
        factor = scale / sqrt(variance + eps) and the bias (bias - mean) factor + shift.
        """
        weight = self.head.weight
        bias = self.head.bias
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


def is_plane_convolution(layer: object) -> bool:
    """Whether it is a convolution of one bottom (N, C, H, W), and nothing else inside: no ReLU."""
    return (isinstance(layer, Convolution | ConvolutionDepthwise)
            and len(layer.spec.bottoms) == 1 and layer.geometry.axis == 1
            and len(layer.geometry.kernel) == 2 and not getattr(layer, "relu", False))


def fuse(steps: Sequence[Step]) -> list[FusedStep]:
    """The steps, with every chain as a single step at the index of its first layer."""
    graph = Graph(steps)
    fused: list[FusedStep] = []
    taken: set[int] = set()
    for index, step in enumerate(steps):
        if index in taken:
            continue
        members = _chain_from(graph, index)
        taken.update(members)
        layers = [steps[member].layer for member in members]
        is_alone = len(layers) == 1 and not is_plane_convolution(step.layer)
        fused.append(FusedStep(step.layer if is_alone else Chain(layers), *step[1:]))
    return fused


def join_heads(steps: Sequence[FusedStep]) -> list[FusedStep]:
    """The steps, with convolutions of one bottom as a single step at the index of the first."""
    joined: list[FusedStep] = []
    taken: set[int] = set()
    for index, step in enumerate(steps):
        if index in taken:
            continue
        members = _heads_from(steps, index)
        taken.update(members)
        if len(members) > 1:
            tops = tuple(steps[member].tops[0] for member in members)
            step = FusedStep(heads.Heads([steps[member].layer for member in members]),
                             step.bottoms, tops, step.stopped)
        joined.append(step)
    return joined


def join_sums(steps: Sequence[FusedStep], wanted: Collection[str]) -> list[FusedStep]:
    """The steps, with each sum of two fused with a convolution whose top only the sum reads.

    The tops of such convolutions are not computed: blobs that are `wanted` are left as they are.
    """
    graph = Graph(steps)
    joined: list[FusedStep | None] = list(steps)
    for index, step in enumerate(steps):
        if not sums.is_sum(step.layer) or step.stopped or len(set(step.bottoms)) < 2:
            continue
        for position in (1, 0):
            name = step.bottoms[position]
            maker = None if name in wanted else _summand(graph, name, index)
            if maker is None:
                continue
            convolution = steps[maker]
            added = sums.Added(convolution.layer, step.layer, first=position == 0)
            bottoms = (*convolution.bottoms, step.bottoms[1 - position])
            joined[maker] = None
            joined[index] = FusedStep(added, bottoms, step.tops, frozenset())
            break
    return [step for step in joined if step is not None]


def last_uses(steps: Sequence[Step | FusedStep], wanted: Collection[str]) -> dict[int, list[str]]:
    """For each step the blobs that no later step uses, without the wanted ones."""
    graph = Graph(steps)
    done: dict[int, list[str]] = {}
    for name in graph.names():
        if name not in wanted:
            done.setdefault(graph.last_user(name), []).append(name)
    return done


def _chain_from(graph: Graph[Step], start: int) -> list[int]:
    """The indices of the layers that are fused with that at `start`, itself the first."""
    layer, _, tops, _ = graph.steps[start]
    if not isinstance(layer, HEADS) or len(tops) != 1 or not _is_fresh(layer):
        return [start]
    members = [start]
    for kind in (BatchNorm, Scale, ReLU):
        # In place, and the next to use the blob at all: so the value in between has no reader.
        found = graph.next_user(tops[0], after=members[-1])
        if found is None:
            break
        follower = graph.steps[found]
        if follower.bottoms != tops or follower.tops != tops or follower.stopped:
            break
        before = graph.steps[members[-1]].layer
        if type(follower.layer) is kind and _fits(follower.layer, before):
            members.append(found)
    return members


def _heads_from(steps: Sequence[FusedStep], start: int) -> list[int]:
    """The indices of the convolutions that can run together with that at `start`, the first."""
    step = steps[start]
    members = [start]
    if not isinstance(step.layer, Chain):
        return members
    # A later head moves up to `start`: no step before it may write what it uses, or read its top.
    read: set[str] = set()
    written = set(step.tops)
    for index, other in enumerate(steps[start + 1:], start + 1):
        has_same_bottom = other.bottoms == step.bottoms and other.stopped == step.stopped
        is_free = not written & {*other.bottoms, *other.tops} and not read & {*other.tops}
        if isinstance(other.layer, Chain) and has_same_bottom and is_free \
                and heads.fit(step.layer, other.layer):
            members.append(index)
        read.update(other.bottoms)
        written.update(other.tops)
    return members


def _summand(graph: Graph[FusedStep], name: str, index: int) -> int | None:
    """The convolution that makes the blob `name` for the sum at `index`, if they can be fused.

    The sum must be the only other step that uses the blob. The convolution moves down to the sum:
    no step in between may write its bottom, as a layer in place does.
    """
    users = graph.users(name)
    if len(users) != 2 or users[1] != index:
        return None
    maker = users[0]
    step = graph.steps[maker]
    if step.stopped or not sums.is_summand(step.layer) \
            or graph.is_written(step.bottoms[0], maker, index):
        return None
    return maker


def _is_fresh(layer: Layer) -> bool:
    """Whether the top has memory of its own, and a backward that does not need its values."""
    return not isinstance(layer, Eltwise) or layer.operation == "SUM"


def _fits(layer: Layer, before: Layer) -> bool:
    """Whether the layer can be fused with the one before it."""
    if isinstance(layer, BatchNorm):
        return not layer.blobs[3:] and not layer.relu and not layer.moves_stored
    if isinstance(layer, Scale):
        return (type(before) is BatchNorm and not before.blobs[3:] and not before.relu
                and not before.moves_stored and layer.axis == 1 and layer.scale.dim() == 1)
    return isinstance(layer, ReLU) and layer.negative_slope == 0
