"""Sets of frames: clips of a batch by the numbers of their frames, and the matrix log of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.params import honour
from framework.ops.losses import precise

RIDGE = 0.001       # added to the diagonal of a Gram matrix before its logarithm


@layer
class Submean(Layer):
    """Find the clips of a batch: runs of frames with one number, and still images between them.

    Bottoms: frames x (N, ...); labels (N, 2, ...): the class and the clip's number of each.
    Tops:    the frames; (clips_num, 2, 1, 1), the indices of the first and last frame of each clip
             in them; if wanted, the class of each clip (clips_num, 1, 1, 1). With five tops one
             still image follows each clip, of whatever number but the clip's: the first top is the
             frames without them, (N - clips_num, ...), 0 after the last clip, the fourth the still
             images (clips_num, ...), the fifth their classes.
    Frames after the last clip are ignored. It subtracts no mean, for all its name.
    Errors:  SpecError for four tops, clips_num of 0 or of more than the frames, and labels of
             another size. DataError if a batch has fewer clips.
    Source:  SubmeanParameter; submean_layer.cpp of ssqiao/DHH.
    """

    num_bottoms = (2, 2)
    num_tops = (2, 5)
    no_gradient_bottoms = (1,)
    no_onnx_form = "it reads labels, which a deploy net does not have"

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "submean_param", "clips_num")
        self.num_clips = spec.proto.submean_param.clips_num
        if len(spec.tops) == 4:
            raise spec.error("top", "is given 4 times; it must be 2 or 3, or 5 with still images")
        self.with_stills = len(spec.tops) == 5
        most = x[0] // 2 if self.with_stills else x[0]
        if not 1 <= self.num_clips <= most:
            raise spec.error("submean_param.clips_num", f"is {self.num_clips}; it must be from 1 "
                             f"to {most}, as there are {x[0]} frames")
        if math.prod(labels) != 2 * x[0] or labels[0] != x[0]:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must be ({x[0]}, 2), a class and a clip's number for each frame")
        self.check = IndexCheck(spec, 1, labels, what="frames",
                                why=f"the batch has fewer than {self.num_clips} clips")

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (bottoms[0][0], 2, 1, 1) if index == 1 and bottoms[0] else None

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index != 1:
            return None
        runs = self.num_clips * (2 if self.with_stills else 1)
        numbers = torch.arange(shapes[0][0]) // (shapes[0][0] // runs)
        return torch.stack([numbers, numbers], 1).float().reshape(shapes[1])

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        kinds, numbers = labels.detach().reshape(-1, 2).unbind(1)
        starts, ends = self._clips(numbers)
        of_clips = kinds[starts].reshape(-1, 1, 1, 1)
        before = torch.arange(self.num_clips, device=x.device) * int(self.with_stills)
        first, last = starts - before, ends - 1 - before
        bounds = torch.stack([first, last], 1).to(x.dtype).reshape(-1, 2, 1, 1)
        if not self.with_stills:
            return (x, bounds, of_clips)[:len(self.spec.tops)]
        row = torch.arange(x.shape[0] - self.num_clips, device=x.device)
        clip = (row[:, None] > last).sum(1)         # still images before this row
        is_frame = (clip < self.num_clips).reshape(-1, *[1] * (x.dim() - 1))
        frames = x[row + clip].where(is_frame, 0)
        stills = ends.clamp(max=x.shape[0] - 1)
        return frames, bounds, of_clips, x[stills], kinds[stills].reshape(-1, 1, 1, 1)

    def _clips(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The first index of each clip, and the first one after it."""
        num = numbers.shape[0]
        index = torch.arange(num, device=numbers.device)
        differs = (numbers != numbers[:, None]) & (index > index[:, None])
        following = torch.where(differs, index, num).amin(1)
        start, found = index[:1], []
        for _ in range(self.num_clips):
            found.append(start)
            start = following[start.clamp(max=num - 1)] + int(self.with_stills)
        starts = torch.cat(found)
        inside = starts < num
        starts = self.check.require(starts, inside, num).where(inside, 0)
        ends = following[starts]
        if self.with_stills:                        # the last clip has one too
            ends = self.check.require(ends, ends < num, num)
        return starts, ends


class _MatrixLog(torch.autograd.Function):
    """Matrix logarithm of symmetric positive definite matrices (..., d, d).

    The gradient is that of Daleckii and Krein, with divided differences of the logarithms of the
    eigenvalues, which are also right where two of these are equal.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:     # Any: torch has no type for it
        values, vectors = torch.linalg.eigh(x)
        values = values.clamp(min=RIDGE / 2)        # rounding alone can bring them below
        ctx.save_for_backward(values, vectors)
        return (vectors * values.log()[..., None, :]) @ vectors.mT

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        values, vectors = ctx.saved_tensors
        rows, columns = values[..., :, None], values[..., None, :]
        # log(a / b) / (a - b) by log1p: exact for near values
        apart = (rows - columns) / columns
        is_near = apart.abs() < torch.finfo(values.dtype).eps
        factors = torch.where(is_near, 1, torch.log1p(apart) / apart.where(~is_near, 1)) / columns
        inner = vectors.mT @ ((gradient + gradient.mT) / 2) @ vectors
        return vectors @ (factors * inner) @ vectors.mT


@layer
class Covlogm(Layer):
    """Matrix logarithm of the second moments of each set of frames: log(F' F + 0.001 I).

    Bottoms: frames x (N, ...), each a row of d values; (K, 2, ...), the indices of the first and
             last frame of each set.
    Top:     (K, 1, d, d), F being the frames of a set, without a mean subtracted.
    The gradient is the derivative; the original's loses terms of singular values below 1e-9, and
    of equal ones.
    Errors:  SpecError for bounds of another size; DataError for an index without a frame.
    Source:  covlogm_layer.cpp of ssqiao/DHH; Li et al. 2015.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = "ONNX has no eigenvalues"

    def __init__(self, spec: LayerSpec, x: Shape, bounds: Shape):
        super().__init__(spec)
        if math.prod(bounds[1:]) != 2:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(bounds)}; it "
                             "must be (K, 2), a first and a last frame for each set")
        self.check = IndexCheck(spec, 1, bounds, what=f"items of '{spec.bottoms[0]}'")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        size = math.prod(bottoms[0][1:])
        return [(bottoms[1][0], 1, size, size)]

    def forward(self, x: Tensor, bounds: Tensor) -> Tensor:
        rows = precise(x).flatten(1)
        first, last = self.check(bounds, len(rows)).reshape(-1, 2).unbind(1)
        index = torch.arange(len(rows), device=x.device)
        inside = ((index >= first[:, None]) & (index <= last[:, None])).to(rows.dtype)
        with torch.autocast(x.device.type, enabled=False):  # small eigenvalues need the digits
            moments = (rows.t() * inside[:, None]) @ rows
            ridge = RIDGE * torch.eye(rows.shape[1], dtype=rows.dtype, device=rows.device)
            top: Tensor = _MatrixLog.apply(moments + ridge)
        return top[:, None]
