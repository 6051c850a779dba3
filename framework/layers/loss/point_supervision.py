"""SoftmaxWithLossExpectation: segmentation from points and image labels ("What's the Point")."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import ignore_label
from framework.layers.params import canonical_axis, honour
from framework.ops.losses import precise

TERMS = ("objectness", "location", "constraint", "classes", "rank")
NORMALIZED = ("supervised", "classes", "constraint", "objectness")
FIELDS = ("is_siftflow", *(f"ignore_{name}" for name in TERMS),
          *(f"normalize_{name}" for name in NORMALIZED))
SMALLEST = torch.finfo(torch.float32).tiny


def _planes(spec: LayerSpec) -> int:
    """How many maps the second bottom has."""
    return 3 if spec.proto.loss_param.ignore_rank else 4


@layer
class SoftmaxWithLossExpectation(Layer):
    """Softmax loss of an image with labels of points, of the image, and an objectness prior.

    Bottoms: scores (1, C, H, W); planes (1, 3 or 4, H, W): labels; objectness from 0 to 255; the
             classes in the image, at the first pixels, ended by 0, which is background and one of
             them; without ignore_rank weights of the points, over 255. They get no gradient.
    Tops:    the loss (), a sum; if wanted the softmax (1, C, H, W).
    Terms, each left out by its `ignore_` field (p the softmax):
    classes     -log of the highest p of each class in the image, over their number.
    constraint  -log(1 - p) at the highest p of each other class, over their number.
    location    -log p of the label of each pixel whose label is not ignore_label, times its weight,
                over the sum of the weights. Without ignore_label nothing of it.
    objectness  at pixels of ignore_label the cross-entropy of p of class 0 with 1 - (objectness +
                1) / 257, over the number of pixels without a label (all with ignore_location).
    No logarithm is taken of less than the least normal float32.
    `normalize_` fields, true by default, choose the divisions. With is_siftflow labels and classes
    count from 1, 0 ends the list, and there is no background.
    Errors:  SpecError for more than one image and a number of planes that does not fit; DataError
             for labels and classes beyond C.
    Source:  LossParameter; softmax_loss_expectation_layer.cu of abearman/whats-the-point1, whose
             sum of weights is not set, a fault; the CPU's is another loss, of an earlier version;
             Bearman et al. 2016.
    """

    reads = ("loss_param", "softmax_param")
    num_bottoms = (2, 2)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)
    fork_fields = frozenset(f"loss_param.{name}" for name in FIELDS)

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        if index != 1 or len(bottoms[0]) != 4:
            return None
        return (1, _planes(spec), *bottoms[0][2:])

    def __init__(self, spec: LayerSpec, scores: Shape, planes: Shape):
        super().__init__(spec)
        honour(spec, "loss_param", f"ignore_label normalize {' '.join(FIELDS)}")
        honour(spec, "softmax_param", "axis")
        axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis, scores)
        param = spec.proto.loss_param
        self.takes = {name: not getattr(param, f"ignore_{name}") for name in TERMS}
        self.normalizes = {name: getattr(param, f"normalize_{name}") for name in NORMALIZED}
        wanted = _planes(spec)
        if len(scores) != 4 or axis != 1 or scores[0] != 1 \
                or tuple(planes) != (1, wanted, *scores[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(planes)}; they "
                             f"must be (1, C, H, W) and (1, {wanted}, H, W)")
        self.first = 1 if param.is_siftflow else 0
        self.unknown = ignore_label(spec)
        self.check = IndexCheck(spec, 1, planes, scores[1], first=self.first,
                                ignore=self.unknown, ignore_field="loss_param.ignore_label")
        self.class_check = IndexCheck(spec, 1, planes, scores[1], first=0,
                                      why="these are the classes of the image")

    def forward(self, scores: Tensor, planes: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        scores = precise(scores)[0].flatten(1)
        labels, objectness, listed, *ranks = planes[0].detach().flatten(1).to(scores.dtype)
        share = scores.softmax(0)
        log_share = share.clamp(min=SMALLEST).log()
        present = self._present(listed, len(scores))
        highest = share.detach().argmax(1, keepdim=True)
        loss = scores.new_zeros(())
        if self.takes["classes"]:
            terms = -log_share.gather(1, highest)[:, 0].where(present, 0)
            loss = loss + self._over("classes", terms.sum(), present.sum())
        if self.takes["constraint"]:
            rest = 1 - share.gather(1, highest)[:, 0].where(~present, 0)
            rest = rest.clamp(min=SMALLEST)
            loss = loss + self._over("constraint", -rest.log().sum(), (~present).sum())
        weights = ranks[0] / 255 if ranks else torch.ones_like(labels)
        if self.unknown is None:
            return self._tops(loss, share, planes)
        known = labels.long() != self.unknown
        inside = (labels > self.first - 1) & (labels < len(scores) + self.first)
        numbers = self.check.require(labels, inside | ~known).long().where(known, 0)
        supervised = known if self.takes["location"] else torch.zeros_like(known)
        if self.takes["location"]:
            index = (numbers - self.first).clamp(min=0)
            terms = -log_share.gather(0, index[None])[0] * weights
            loss = loss + self._over("supervised", terms.where(known, 0).sum(),
                                     weights.where(known, 0).sum())
        if self.takes["objectness"]:
            prior = 1 - (objectness.trunc() + 1) / 257
            background = share[0].clamp(min=SMALLEST)
            foreground = (1 - share[0]).clamp(min=SMALLEST)
            terms = -prior * background.log() - (1 - prior) * foreground.log()
            loss = loss + self._over("objectness", terms.where(~known, 0).sum(),
                                     (~supervised).sum())
        return self._tops(loss, share, planes)

    def _present(self, listed: Tensor, num_classes: int) -> Tensor:
        """(C,) bool: the classes up to the first 0 of the list, and 0 itself if it is one."""
        numbers = listed.long()
        zeros = (numbers == 0).cumsum(0)
        counts = (zeros == 0) if self.first else (zeros - (numbers == 0).long() == 0)
        numbers = self.class_check(numbers.where(counts, 0).to(listed.dtype),
                                   num_classes + self.first)
        index = (numbers - self.first).clamp(min=0)
        found = torch.zeros(num_classes, dtype=torch.long, device=listed.device)
        return found.index_add(0, index, counts.long()) > 0

    def _over(self, name: str, term: Tensor, count: Tensor) -> Tensor:
        """The term over the count, if that is wanted and not 0."""
        if not self.normalizes[name]:
            return term
        return term / torch.where(count > 0, count, 1)

    def _tops(self, loss: Tensor, share: Tensor, planes: Tensor
              ) -> Tensor | tuple[Tensor, Tensor]:
        if len(self.spec.tops) < 2:
            return loss
        return loss, share.detach().reshape(1, len(share), *planes.shape[2:])
