"""YoloFaceLoss: the loss of YOLO v3 on one of its maps, as a project of faces has it."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.params import honour
from framework.layers.yolo.box_slopes import overlap
from framework.layers.yolo.yolov3_loss import Matches, last_pairs
from framework.ops.losses import GivenSlopes, precise

FIELD = "center_object_loss_param"
COLUMNS = 8


@layer
class YoloFaceLoss(Layer):
    """YOLO v3 loss on one map: squared errors of boxes, objectness and classes, after sigmoids.

    It is the Yolov3Loss of yuqj1991/caffe_train.
    Bottoms: x (N, A * (5 + num_class), H, W): for each of the A anchors in bias_mask x, y, w, h,
             objectness and classes, before any sigmoid; truth (N, 1, G, 8), or as many numbers:
             item, class from 1 on, nothing, corners as fractions of the image, whether difficult;
             item -1 for no box. No gradient goes to the truth.
    Top:     the loss (): the squared differences, summed, over the boxes that an anchor of the map
             has, over N without such. Without any box 0, and no gradient.
    Of the anchors in bias_scale, width and height in pixels of the net, a box has the one whose
    shape overlaps it most, if bias_mask has it, in the cell of its centre. Differences: sigmoid -
    target for x, y, objectness and classes, x - logarithm for w and h, the four times 2 - the box's
    area. Other predictions have objectness 0 as their target, unless they overlap a box by more
    than ignore_thresh. Of several boxes with one anchor and cell the last counts, and the classes
    of all. The gradient is the differences over the same number, but for w and h times the
    sigmoid's slope; the original turns the sign of that of the later boxes' classes.
    Errors:  SpecError for channels, anchors or masks that do not fit; DataError for a class above
             num_class.
    Source:  Yolov3Loss.cpp and center_bbox_util.cpp of yuqj1991/caffe_train; Redmon and Farhadi
             2018. `loss_param` and bias_mask_group_num have no effect, as there.
    """

    reads = (FIELD, "loss_param")
    unread = frozenset(f"loss_param.{name}" for name in ("normalization", "normalize"))
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_class bias_scale bias_num bias_mask ignore_thresh net_width "
               "net_height")
        honour(spec, "loss_param", "normalization normalize")
        param = spec.proto.center_object_loss_param
        scales, self.mask = list(param.bias_scale), list(param.bias_mask)
        if not scales or len(scales) != 2 * param.bias_num or not all(one > 0 for one in scales):
            raise spec.error(f"{FIELD}.bias_scale", f"has {len(scales)} numbers; it must be a "
                             f"width and a height above 0 for each of bias_num, {param.bias_num}, "
                             "anchors")
        if not self.mask or min(self.mask) < 0 or max(self.mask) >= param.bias_num:
            raise spec.error(f"{FIELD}.bias_mask", f"is {self.mask}; it must be numbers from 0 to "
                             f"{param.bias_num - 1}")
        if param.net_width < 1 or param.net_width != param.net_height:
            raise spec.error(f"{FIELD}.net_width", f"is {param.net_width}, and net_height "
                             f"{param.net_height}; both must be one number above 0")
        channels = len(self.mask) * (5 + param.num_class)
        if param.num_class < 1 or len(x) != 4 or x[1] != channels:
            raise spec.error("bottom", f"has the shape {tuple(x)}; {len(self.mask)} anchors and "
                             f"num_class: {param.num_class} need {channels} channels")
        if len(truth) != 4 or truth[:2] != (x[0], 1) or truth[3] != COLUMNS:
            raise spec.error("bottom[1]", f"has the shape {tuple(truth)}; it must be ({x[0]}, 1, "
                             f"G, {COLUMNS})")
        self.anchors = [[side / param.net_width for side in scales[start:start + 2]]
                        for start in range(0, len(scales), 2)]
        self.threshold = param.ignore_thresh
        self.classes = IndexCheck(spec, 1, truth[:3], param.num_class, what="classes less 1",
                                  hint=f"{FIELD}.num_class is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, x: Tensor, truth: Tensor) -> Tensor:
        wide = precise(x)
        raw = wide.detach().unflatten(1, (len(self.mask), -1)).permute(0, 1, 3, 4, 2)
        found = torch.cat([raw[..., :2].sigmoid(), raw[..., 2:4], raw[..., 4:].sigmoid()], -1)
        rows = precise(truth.detach())[:, 0]
        known = rows[..., 0].trunc() != -1
        box = torch.cat([(rows[..., 3:5] + rows[..., 5:7]) / 2, rows[..., 5:7] - rows[..., 3:5]],
                        -1)
        steps = torch.zeros_like(found)
        shares = overlap("IOU", self._boxes(found).flatten(1, 3)[:, :, None], box[:, None])
        hidden = ((shares > self.threshold) & known[:, None]).any(2).view(found.shape[:4])
        steps[..., 4] = found[..., 4].where(~hidden, 0)
        label = (rows[..., 1].trunc() - 1).where(known, 0)
        inside = (label >= 0) & (label < found.shape[-1] - 5)
        label = self.classes.require(label, inside).long()
        num = self._teach(steps, found, box, label, known)
        divisor = torch.where(num > 0, num, float(len(x)))
        slopes = steps.clone()
        through = torch.cat([found[..., :2], found[..., 4:]], -1)
        through = through * (1 - through)
        slopes[..., :2] *= through[..., :2]
        slopes[..., 4:] *= through[..., 2:]
        some = known.any()
        slopes = (slopes.permute(0, 1, 4, 2, 3).reshape(x.shape) * some) / divisor
        loss: Tensor = GivenSlopes.apply(wide, slopes, steps.square().sum() * some / divisor)
        return loss

    def _boxes(self, found: Tensor) -> Tensor:
        """The predicted boxes (N, A, H, W, 4): centre and size."""
        height, width = found.shape[2:4]
        y, x = torch.meshgrid(torch.arange(height, device=found.device),
                              torch.arange(width, device=found.device), indexing="ij")
        cell = torch.stack([x, y], -1).to(found.dtype)
        middle = (found[..., :2] + cell) / found.new_tensor([width, height])
        own = found.new_tensor(self.anchors)[self.mask][:, None, None]
        return torch.cat([middle, found[..., 2:4].exp() * own], -1)

    def _teach(self, steps: Tensor, found: Tensor, box: Tensor, label: Tensor, known: Tensor
               ) -> Tensor:
        """Write the differences of predictions with a box into `steps`; how many boxes these are.
        """
        height, width = found.shape[2:4]
        anchors = found.new_tensor(self.anchors)
        item, number = known.nonzero(as_tuple=True)
        box, label = box[item, number], label[item, number]
        none = torch.zeros_like(anchors)
        sizes = torch.cat([torch.zeros_like(box[:, :2]), box[:, 2:]], 1)[:, None]
        best = overlap("IOU", torch.cat([none, anchors], 1), sizes).argmax(1)
        places = torch.tensor([self.mask.index(one) if one in self.mask else -1
                               for one in range(len(anchors))], device=box.device)
        mine = places[best] >= 0
        item, box, label, best = item[mine], box[mine], label[mine], best[mine]
        size = box.new_tensor([width, height])
        cell = (box[:, :2] * size).trunc()
        column, row = cell.nan_to_num(0).clamp(min=0).minimum(size - 1).long().unbind(1)
        match = Matches(item, number[mine], places[best], row, column)
        at = (match.item, match.anchor, match.row, match.column)
        self._teach_boxes(steps, found, match, box, anchors[best], cell)
        steps[..., 4] = steps[..., 4].index_put(at, found[at][:, 4] - 1)
        own = torch.zeros_like(found[..., 5:]).index_put((*at, label), found.new_ones(()))
        has = torch.zeros_like(known[:1, :1]).expand(found.shape[:4]).index_put(
            at, torch.ones_like(mine[mine]))
        steps[..., 5:] = (found[..., 5:] - own).where(has[..., None], 0)
        return mine.sum()

    def _teach_boxes(self, steps: Tensor, found: Tensor, match: Matches, box: Tensor,
                     anchors: Tensor, cell: Tensor) -> None:
        """The differences of x, y, w and h, of the last box of each prediction."""
        last = last_pairs(match, found[..., 4])
        at = tuple(part[last] for part in (match.item, match.anchor, match.row, match.column))
        box = box[last]
        size = box.new_tensor([found.shape[3], found.shape[2]])
        target = torch.cat([box[:, :2] * size - cell[last], (box[:, 2:] / anchors[last]).log()], 1)
        scale = 2 - box[:, 2:].prod(1, keepdim=True)
        steps[..., :4] = steps[..., :4].index_put(at, scale * (found[at][:, :4] - target))
