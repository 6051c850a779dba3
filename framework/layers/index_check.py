"""Bounds check of labels and indices that come from data."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from framework.definition.spec import LayerSpec
from framework.errors import IndexRangeError
from framework.layers.base import Shape
from framework.ops.device import sizes_may_vary

UNSEEN = -1.0


class IndexCheck(nn.Module):
    """Bounds check: labels or indices as int64, all inside of their range.

    spec, bottom  the layer and which of its bottoms holds them
    shape   of the bottom when the net is built; its first axis counts items
    num     how many numbers are allowed, from `first` on; a forward may give another
    what    what there are `num` of: classes, items of 'x', ...
    why     the reason for the range, where it is another than that
    hint    the usual cause of a number that is too large
    ignore  a number that marks what does not count, inside of the range or not
    ignore_field  where the prototxt says `ignore`; None if the layer has no such number
    unit    what the first axis of the bottom counts

    Fractions are cut off, as a C cast does; NaN and infinities are outside of every range.
    On a CPU a number outside is a DataError at once. On other devices, and in compiled graphs, the
    step must not wait for the values: the first one is noted in a buffer on the device, 0 replaces
    it in the arithmetic (a wrong index would abort the whole process there), and `raise_noted`
    reports it. An exported program has no check.
    """

    first_wrong: Tensor

    def __init__(self, spec: LayerSpec, bottom: int, shape: Shape, num: int = 0, *,
                 what: str = "classes", hint: str = "", ignore: int | None = None,
                 ignore_field: str | None = None, unit: str = "item", first: int = 0,
                 why: str = ""):
        super().__init__()
        self.spec = spec
        self.bottom = bottom
        self.shape = tuple(shape)
        self.num = num
        self.what = what
        self.hint = hint
        self.unit = unit
        self.first = first
        self.why = why
        self.ignore = ignore
        self.ignore_field = ignore_field
        # index in the flat bottom, the number found, how many are allowed, and the item
        self.register_buffer("first_wrong", torch.full((4,), UNSEEN), persistent=False)

    def forward(self, values: Tensor, num: int | None = None) -> Tensor:
        """All of the bottom as int64, in its shape; ignored ones become 0."""
        return self.counted(values, num)[0]

    def counted(self, values: Tensor, num: int | None = None) -> tuple[Tensor, Tensor | None]:
        """The same, and which ones count (bool); None if there is no number to ignore."""
        values = values.detach()
        num = self.num if num is None else num
        numbers = values.long()
        valid = None if self.ignore is None else numbers != self.ignore
        if valid is not None:
            numbers = numbers.where(valid, 0)
        if _may_read(values):
            if not _all_below(values if valid is None else numbers, num):
                self.require(values, _inside(values, valid, num), num)
            return numbers, valid
        numbers = self.require(values, _inside(values, valid, num), num).long()
        return numbers if valid is None else numbers.where(valid, 0), valid

    def require(self, values: Tensor, inside: Tensor, num: int | None = None,
                items: Tensor | None = None) -> Tensor:
        """`values`, with 0 where they are not `inside` on a device that goes on.

        items   of the shape of `values`: the number in the batch of the item each belongs to
        """
        num = self.num if num is None else num
        if _may_read(values):
            if not bool(inside.all()):
                position = int((~inside).flatten().nonzero()[0, 0])
                item = UNSEEN if items is None else float(items.flatten()[position])
                raise self.error(position, float(values.flatten()[position]), num, item,
                                 tuple(values.shape))
            return values
        if values.is_meta or _exporting() or not values.numel():
            return values
        self._note(values, inside, num, items)
        return values.where(inside, 0)

    @torch.no_grad()
    def _note(self, values: Tensor, inside: Tensor, num: int, items: Tensor | None) -> None:
        wrong = (~inside).flatten()
        position = wrong.to(torch.uint8).argmax()
        kind = self.first_wrong.dtype
        items = torch.full_like(values, UNSEEN) if items is None else items
        value, item = (numbers.detach().flatten().gather(0, position[None])[0].to(kind)
                       for numbers in (values, items))
        found = torch.stack([position.to(kind), value, torch.full_like(value, num), item])
        is_first = wrong.any() & (self.first_wrong[0] < 0)
        self.first_wrong.copy_(torch.where(is_first, found, self.first_wrong))

    def error(self, position: int, value: float, num: int, owner: float,
              shape: Shape) -> IndexRangeError:
        """The error for the value at the flat index `position` of the bottom.

        num    how many numbers are allowed
        owner  the number of the item in the batch; negative if it is not known
        shape  of the bottom
        """
        index, *rest = _unravel(position, shape)
        where = f"{self.unit} {index}"
        item = index if self.unit == "item" else -1
        if math.prod(shape[1:]) > 1:
            where += f", position {', '.join(map(str, rest))}"
        if owner >= 0:
            item = int(owner)
            where += f" (item {item})"
        blob = self.spec.bottoms[self.bottom]
        cause = self._cause(value, num)
        why = self.why or f"there are {num} {self.what}"
        return IndexRangeError(
            f"{self.spec.place()}: blob '{blob}' has the value {value:g} "
            f"at {where} of the batch; it must be from {self.first} to "
            f"{self.first + num - 1}, as {why}{cause and f'; {cause}'}", blob, item)

    def _cause(self, value: float, num: int) -> str:
        if not math.isfinite(value):
            return "it is not a number that can be counted with: look at the data"
        may_ignore = self.ignore_field is not None and self.ignore is None
        if may_ignore and (value < 0 or value == 255):
            return (f"labels begin with 0; if {value:g} marks what does not count, write "
                    f"{self.ignore_field}: {value:.0f}")
        noun = "labels" if self.what.startswith("classes") else "numbers"
        if value < self.first:
            return f"{noun} begin with {self.first}"
        if value < self.first + num:
            return ""       # in the range: the reason says why it is wrong all the same
        if value == num and self.first == 0:
            return f"{noun} begin with 0, not with 1{self.hint and f'; or {self.hint}'}"
        return self.hint


def _unravel(position: int, shape: Shape) -> list[int]:
    """The index on each axis of the flat index `position`; the first is not bounded."""
    index: list[int] = []
    for size in reversed(shape[1:]):
        position, rest = divmod(position, size)
        index.insert(0, rest)
    return [position, *index]


def raise_noted(net: nn.Module) -> None:
    """DataError for the first number outside of its range that a layer of `net` noted since the
    last call. Waits for the device."""
    checks = [module for module in net.modules() if isinstance(module, IndexCheck)]
    if not checks:
        return
    noted = torch.stack([check.first_wrong for check in checks]).tolist()
    for check, (position, value, num, owner) in zip(checks, noted, strict=True):
        if position >= 0:
            for other in checks:
                other.first_wrong.fill_(UNSEEN)
            raise check.error(int(position), value, int(num), owner, check.shape)


def _all_below(values: Tensor, num: int) -> bool:
    """Whether all are from 0 to `num` - 1: one pass, in which NaN makes both ends NaN."""
    if not values.numel():
        return True
    low, high = values.aminmax()
    return low.item() > -1 and high.item() < num


def _inside(values: Tensor, valid: Tensor | None, num: int) -> Tensor:
    inside = (values > -1) & (values < num)
    return inside if valid is None else inside | ~valid


def _may_read(values: Tensor) -> bool:
    return sizes_may_vary(values) and not torch.jit.is_tracing()


def _exporting() -> bool:
    return torch.jit.is_tracing() or torch.compiler.is_exporting()


def class_check(spec: LayerSpec, labels: Shape, num: int, *, ignore: int | None = None,
                ignore_field: str | None = None) -> IndexCheck:
    """The bounds check of bottom 1: labels from 0 to `num` - 1 for the scores in bottom 0."""
    hint = f"the layer that makes '{spec.bottoms[0]}' gives too few classes (num_output)"
    return IndexCheck(spec, 1, labels, num, hint=hint, ignore=ignore, ignore_field=ignore_field)


def class_numbers(check: IndexCheck, labels: Tensor, shape: torch.Size, axis: int
                  ) -> tuple[Tensor, Tensor | None]:
    """Labels of any shape, checked, in `shape` without its class `axis`: one for each position.

    Returns int64 of `shape` without `axis`, 0 where ignored; and which count, None for all.
    """
    numbers, valid = check.counted(labels)
    positions = [*shape[:axis], *shape[axis + 1:]]
    return numbers.reshape(positions), None if valid is None else valid.reshape(positions)
