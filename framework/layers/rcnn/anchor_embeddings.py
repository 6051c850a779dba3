"""AnchorEmbeddingExtractor: the features of detections, at their anchor and cell."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, is_set

ANCHORS, RECORD = 4, 11
ITEM, ANCHOR, TRACK, ACTION, COLUMN, ROW = 0, 6, 7, 8, 9, 10
BOX = slice(2, 6)


@layer
class AnchorEmbeddingExtractor(Layer):
    """The features of matched detections: of each the vector at its cell in its anchor's map.

    Bottoms: detections (1, 1, R, 11): item, ?, x1, y1, x2, y2, anchor, track, action, column and
             row of the cell; a map (N, E, H, W) for each of the four anchors. Only the maps have a
             gradient.
    Tops:    features (K, E); labels (K,), the column `label_src_pos`; if wanted, with
             output_instance_weights 1 over how many of the K have the item and track (K,), else
             with output_proposals item, x1, y1, x2, y2 (K, 5).
    The K detections are those of an item from 0 on whose action is below num_valid_actions.
    Without any, one row: features 0, the rest -1.
    Errors:  SpecError for other shapes, a number of anchors other than 4, or a missing field;
             DataError for an anchor, item or cell that is not there.
    Source:  anchor_embedding_extractor_layer.cpp of openvinotoolkit/training_toolbox_caffe.
    """

    reads = ("embedding_extractor_param",)
    num_bottoms = (ANCHORS + 1, ANCHORS + 1)
    num_tops = (2, 3)
    no_gradient_bottoms = (0,)
    no_onnx_form = UNWRITTEN

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (1, 1, 1, RECORD) if index == 0 else None

    def __init__(self, spec: LayerSpec, detections: Shape, *maps: Shape):
        super().__init__(spec)
        field = "embedding_extractor_param"
        honour(spec, field, "num_anchors label_src_pos num_valid_actions output_instance_weights "
                            "output_proposals")
        param = spec.proto.embedding_extractor_param
        if param.num_anchors != ANCHORS:
            raise spec.error(f"{field}.num_anchors", f"is {param.num_anchors}; it must be 4")
        if not is_set(param, "label_src_pos") or not 0 <= param.label_src_pos < RECORD:
            raise spec.error(f"{field}.label_src_pos", f"is {param.label_src_pos} or missing; it "
                             f"must be 0 to {RECORD - 1}")
        if len(detections) != 4 or detections[3] != RECORD or detections[:2] != (1, 1):
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(detections)}; it "
                             f"must be (1, 1, R, {RECORD})")
        if len(maps[0]) != 4 or any(tuple(shape) != tuple(maps[0]) for shape in maps):
            raise spec.error("bottom", "has maps of the shapes "
                             f"{', '.join(str(tuple(shape)) for shape in maps)}; all must be one "
                             "(N, E, H, W)")
        self.weighs, self.proposes = param.output_instance_weights, param.output_proposals
        if len(spec.tops) == 3 and self.weighs == self.proposes:
            raise spec.error(f"{field}.output_proposals", "must be true for a third top, or "
                             "output_instance_weights, not both")
        self.label = param.label_src_pos
        self.actions = param.num_valid_actions if is_set(param, "num_valid_actions") else -1
        self.check = IndexCheck(spec, 0, detections, ANCHORS, what="items, anchors, rows "
                                "or columns of the maps", unit="detection",
                                hint="it is the detection's item, anchor, row or column")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        third: Shape = (1, 5) if self.proposes else (1,)
        shapes: list[Shape] = [(1, bottoms[1][1]), (1,), third]
        return shapes[:len(self.spec.tops)]

    def forward(self, detections: Tensor, *maps: Tensor) -> tuple[Tensor, ...]:
        records = detections.detach().reshape(-1, RECORD)
        numbers = records.trunc().long()
        counts = numbers[:, ITEM] >= 0
        if self.actions >= 0:
            counts = counts & (numbers[:, ACTION] < self.actions)
        records, numbers = records[counts], numbers[counts]
        if not len(records):
            return self._nothing(maps[0])
        stacked = torch.stack(maps, 1)
        item, anchor, row, column = (
            self.check.require(index, (index >= 0) & (index < size), size)
            for index, size in ((numbers[:, ITEM], len(stacked)), (numbers[:, ANCHOR], ANCHORS),
                                (numbers[:, ROW], stacked.shape[3]),
                                (numbers[:, COLUMN], stacked.shape[4])))
        tops = [stacked[item, anchor, :, row, column], numbers[:, self.label].to(maps[0].dtype)]
        if self.weighs:
            group = numbers[:, TRACK] * 1000 + numbers[:, ITEM]
            tops.append(1 / (group[:, None] == group).sum(1).to(maps[0].dtype))
        else:
            tops.append(torch.cat([numbers[:, :1].to(records.dtype), records[:, BOX]], 1))
        return tuple(tops[:len(self.spec.tops)])

    def _nothing(self, x: Tensor) -> tuple[Tensor, ...]:
        """The tops without a detection; the zeros are of the maps, so that a backward passes."""
        third = x.new_full((1, 5) if self.proposes else (1,), -1)
        tops = x[:1, :, 0, 0] * 0, x.new_full((1,), -1), third
        return tops[:len(self.spec.tops)]
