"""SSD detections as Ascend's compiler ATC has them: a fixed number of rows, and how many count."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour, plain
from framework.layers.ssd.multibox_settings import check_predictions
from framework.ops.detections import detection_rows
from framework.ops.losses import precise

COLUMNS = 8                 # of each row, in both tops
MOST = 1024                 # candidates of a class, and kept boxes of an image
ROW_BLOCK = 128             # the number of rows is a multiple of it
RANGES = {"num_classes": (2, MOST), "iou_threshold": (0, 1), "top_k": (1, MOST), "eta": (1, 1),
          "code_type": (1, 3), "confidence_threshold": (0, 1)}


@layer
class SSDDetectionOutput(Layer):
    """Decode boxes, apply non-maximum suppression to each class, keep the best: for Ascend's chips.

    Bottoms: loc (N, P * 4), or (N, P * num_classes * 4) if `share_location: false`;
             conf (N, P * num_classes) scores, after softmax; prior (1, 2, P * 4).
    Tops:    numbers (N, 8), the number of boxes of each image, then zeros; rows (N, R, 8): image,
             label, score, x1, y1, x2, y2, 0, in the order of DetectionOutput, then zeros. R is
             keep_top_k, or 1024 if it is -1, rounded up to a multiple of 128. No gradient.
    `code_type` is a number: 1 CORNER, 2 CENTER_SIZE, 3 CORNER_SIZE.
    Errors: SpecError for fields that ATC does not take.
    Source: SSDDetectionOutput in Ascend ATC's list of Caffe operators, and its caffe.proto.
    """

    num_bottoms = (3, 3)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    no_onnx_form = "it is the form of one chip's compiler; DetectionOutput has an ONNX form"

    def __init__(self, spec: LayerSpec, loc: Shape, conf: Shape, prior: Shape):
        super().__init__(spec)
        honour(spec, "ssddetectionoutput_param", "num_classes share_location background_label_id "
               "iou_threshold top_k eta variance_encoded_in_target code_type keep_top_k "
               "confidence_threshold")
        param = spec.proto.ssddetectionoutput_param
        for name, (least, most) in RANGES.items():
            value = getattr(param, name)
            if not least <= value <= most:
                raise spec.error(f"ssddetectionoutput_param.{name}",
                                 f"is {value:g}; it must be from {least} to {most}")
        if param.keep_top_k != -1 and not 1 <= param.keep_top_k <= MOST:
            raise spec.error("ssddetectionoutput_param.keep_top_k", f"is {param.keep_top_k}; it "
                             f"must be from 1 to {MOST}, or -1")
        self.param = plain(param)
        self.most = MOST if param.keep_top_k == -1 else param.keep_top_k
        self.num_rows = -(-self.most // ROW_BLOCK) * ROW_BLOCK
        self.loc_classes = 1 if param.share_location else param.num_classes
        check_predictions(spec, loc, conf, prior, self.loc_classes, param.num_classes)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], COLUMNS), (bottoms[0][0], self.num_rows, COLUMNS)]

    def forward(self, loc: Tensor, conf: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
        param = self.param
        loc, conf = precise(loc.detach()), precise(conf.detach())
        priors, variances = prior.detach().to(loc.dtype).reshape(2, -1, 4).unbind(0)
        num_images = len(loc)
        rows = detection_rows(
            loc.reshape(num_images, len(priors), self.loc_classes, 4),
            conf.reshape(num_images, len(priors), param.num_classes), priors, variances,
            param.background_label_id, param.code_type, param.variance_encoded_in_target,
            param.confidence_threshold, param.iou_threshold, param.eta, param.top_k, self.most)
        image = rows[:, 0].long()
        real = (rows[:, 1] >= 0).long()         # an image without a box may have a row of -1
        count = real.new_zeros(num_images).index_add(0, image, real)
        rank = real.cumsum(0) - 1 - (count.cumsum(0) - count)[image]
        index = image * self.num_rows + rank.clamp(min=0)
        table = rows.new_zeros(num_images * self.num_rows, COLUMNS)
        table = table.index_copy(0, index, functional.pad(rows, (0, 1)) * real[:, None])
        numbers = functional.pad(count[:, None].to(loc.dtype), (0, COLUMNS - 1))
        return numbers, table.view(num_images, self.num_rows, COLUMNS)
