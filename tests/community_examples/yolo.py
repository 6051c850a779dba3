"""Examples of community types in framework/layers/yolo; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.community_examples.pose import MEASURE
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    TRUTH,
    Example,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

YOLO_BOXES = fixed([1, 0.3, 0.4, 0.5, 0.2], [2, 0.7, 0.9, 0.2, 0.1], [0, 0, 0, 0, 0],
                   [0, 0.1, 0.6, 0.3, 0.7], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0])
YOLO_LABELS = torch.stack([YOLO_BOXES, YOLO_BOXES.flip(0).roll(-2, 0)])[:, None]
PICKS = dict.fromkeys(("compile", "export"), "it picks the boxes that are there")
SLOPES = {**PICKS, "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}
# of 3 x 3 cells: difficult, object, class, then the boxes
CELLS = fixed([0] * 9 + [0, 1, 0, 0, 0, 0, 0, 0, 1] + [-1, 2, -1, -1, -1, -1, -1, -1, 0] + [0] * 4
              + [0.4, 0.2, 0.3, 0.7] + [0] * 24 + [0.9, 0.7, 0.6, 0.4]).roll(1, 0).expand(2, 63)
CENTRES = fixed([0.3, 0.4, 0.5, 0.2, 1, 0.7, 0.9, 0.2, 0.1, 2, 0, 0, 0, 0, 0],
                [0.1, 0.6, 0.3, 0.7, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 1])
BOXES = fixed([1, 0.4, 0.3, 0.25, 0.5, 0, 0.45, 0.35, 0.3, 0.4, 0, 0.9, 0.8, 0.1, 0.15],
              [0, 0.7, 0.1, 0.9, 0.6, -1, 0, 0, 0, 0, 1, 0.5, 0.5, 0.5, 0.5])
ONE_BOX = torch.cat([BOXES[:, :5], torch.full((2, 10), -1.0, dtype=torch.float64)], 1)
GRID = noise(2, 10, 3, 4, seed=5, requires_grad=False)

CENTRED = torch.cat([fixed([0, 1, 0, .1, .1, .5, .7, 0], [0, 2, 0, .4, .3, .8, .9, 0], [-1] * 8,
                           [1, 1, 0, .3, .2, .9, .7, 0]), torch.cat([
    torch.ones(4, 1, dtype=torch.float64),
    noise(4, 10, seed=3, requires_grad=False).sigmoid()], 1)], 1).reshape(1, 1, 4, 19)
ANCHORED = fixed([0, 1, 0, .1, .1, .7, .7, 0], [0, 2, 0, .4, .3, .6, .6, 0], [-1] * 8,
                 [1, 1, 0, .3, .2, .5, .6, 0], [-1] * 8, [-1] * 8).reshape(2, 1, 3, 8)
FACES = torch.cat([fixed([0, 1, 0, .1, .1, .5, .6, 0], [0, 1, 0, .4, .3, .8, .9, 0], [-1] * 8,
                         [1, 1, 0, .3, .2, .7, .7, 0], [-1] * 8, [-1] * 8), torch.cat([
    torch.ones(6, 1, dtype=torch.float64),
    noise(6, 10, seed=3, requires_grad=False).sigmoid()], 1)], 1).reshape(2, 1, 3, 19)

EXAMPLES = (
    of_sample("YoloDetectionLoss", bottoms=((2, 14, 3, 4), (2, 7, 5, 8), BOXES), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is not over N", **AFTER_ROUNDING}),
    of_sample("YoloAccuracy", bottoms=((2, 14, 3, 4), (2, 7, 5, 8), ONE_BOX), grows=(),
              without={**MEASURE, **AFTER_ROUNDING}),
    of_sample("AssistedExcitation", bottoms=((2, 3, 5, 4), YOLO_LABELS, (2, 1, 5, 4)),
              grows=BATCH),
    of_sample("EvalDetection", bottoms=((2, 16, 3, 3), fixed([0, 1, 0, 0.1, 0.1, 0.45, 0.5, 0],
              [1, 3, 0, 0.3, 0.25, 0.9, 0.6, 1], [0, 2, 0, 0.2, 0.45, 0.55, 0.9, 0])
              .reshape(1, 1, 3, 8)), grows=(), without={**PICKS, **NO_GRADIENT,
              "autocast": "which rows are taken turns on near values"}),
    of_sample("CenterObjectLoss", bottoms=((2, 14, 5, 6), (2, 2, 5, 6), CENTRED), grows=()),
    of_sample("YoloFaceLoss", bottoms=((2, 14, 3, 4), ANCHORED), grows=(), without=SLOPES),
    of_sample("YoloV2Loss", bottoms=((2, 16, 3, 3), CELLS), grows=BATCH, without={
        **SLOPES, "values": "it counts the images"}),
    of_sample("GridEvalDetection", bottoms=((2, 117), CELLS), grows=(), without={
        **PICKS, **NO_GRADIENT, "autocast": "which rows are taken turns on near values"}),
    of_sample("GridDetectionLoss", bottoms=((2, 117), CELLS), grows=BATCH, without=SLOPES),
    of_sample("YoloV3Loss", bottoms=((2, 16, 3, 3), CELLS), grows=BATCH, without=SLOPES),
    Example("YoloV2Loss", "biaes: 0.3 biaes: 0.2 biaes: 0.1 biaes: 0.4 num_object: 2 "
            "num_classes: 3", ((2, 144), CELLS), grows=BATCH, without={
                **SLOPES, "values": "it counts the images"}),
    of_sample("Region", grows=BATCH, without=NO_GRADIENT),
    Example("Region", "classes: 2 coords: 3 boxes_of_each_grid: 3", ((2, 18, 4, 3),), grows=BATCH,
            without=NO_GRADIENT),
    of_sample("YoloLoss", bottoms=((2, 16, 4, 5), CENTRES), grows=BATCH, without=SLOPES),
    of_sample("RegionLoss", bottoms=((2, 16, 3, 3), fixed([1, 0.3, 0.4, 0.5, 0.2, 2, 0.7, 0.9, 0.2,
              0.1], [0, 0.1, 0.6, 0.3, 0.7, 0, 0, 0, 0, 0])), grows=BATCH,
              without={"compile": "it picks the boxes that are there", "export": "likewise",
              "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    Example("RegionLoss", "num_object: 2 num_class: 3 anchor_x: 1 anchor_x: 2 anchor_y: 2 "
            "anchor_y: 1", ((2, 16, 4, 5), CENTRES), grows=BATCH, without=SLOPES),
    of_sample("RoiGen", bottoms=(GRID,), grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("YoloGridLoss", bottoms=((2, 117), TRUTH), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("YoloGridOutput", without={"shapes": "the number of rows depends on data",
              **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("YoloDetectionOutput", without={"shapes": "the number of rows depends on data",
              **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("Yolov3DetectionOutput", without={"shapes": "the number of rows depends on data",
              **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("YoloSeg", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=2)), grows=(0, 2, 3),
              without={"gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("SegmentationEvaluate", bottoms=(torch.linspace(0, 1, 120, dtype=torch.float64)
              .reshape(2, 3, 5, 4), whole(2, 3, 10, 12, below=2)), grows=(0, 2, 3), without={
              **dict.fromkeys(("compile", "export"), "it runs in OpenCV"), **NO_GRADIENT}),
    of_sample("Yolov3", bottoms=((2, 16, 4, 5), YOLO_LABELS), grows=BATCH, without={**PICKS,
              "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("RegionDetectionOutput", grows=(),
              without=SIZES_FROM_DATA | NO_GRADIENT | AFTER_ROUNDING),
    of_sample("CenterGridLoss", bottoms=((2, 16, 5, 6), FACES), grows=()),
    of_sample("CenterGridOutput", grows=(),
              without=SIZES_FROM_DATA | NO_GRADIENT | AFTER_ROUNDING),
    of_sample("CenternetDetectionOutput", grows=(),
              without=SIZES_FROM_DATA | NO_GRADIENT | AFTER_ROUNDING),
)
