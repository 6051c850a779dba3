"""Examples of community types in framework/layers/pose; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    SPACE,
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

POINTS = noise(2, 6, seed=6, requires_grad=False) * 5
CUT = fixed([1, 20, 3, 2], [0, 20, 1, 4])
PLACES = fixed([2, 1, 3, 5, 4])
IMAGES = fixed([0, 30, 20, 1.5, 0], [1, 25, 40, 0.5, 1]).reshape(2, 5, 1, 1)
JOINTS = fixed([3, 4, 12, 9.5, 8, 2], [2, 3, 40, 12, 15, 11]).reshape(2, 6, 1, 1)
OF_IMAGES = {**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}
HALF = {"gradient": NOT_DERIVATIVE + "half of it, and what is left out has none"}
HEAT = (noise(2, 3, 5, 4, seed=8, requires_grad=False) > 0.8).double()
SAME = whole(2, below=2)
POSES = (noise(4, 6, requires_grad=False).abs() * 9, noise(4, 6, requires_grad=False).abs() * 8)
MEASURE = {**NO_GRADIENT, **dict.fromkeys(("compile", "export"), "it reports")}
MARKED = torch.cat([noise(4, 6, seed=5), torch.tensor([[1.0], [0.0], [1.0], [1.0]])], 1).detach()
WORTH = noise(2, 3, 5, 4, seed=9, requires_grad=False)

EXAMPLES = (
    of_sample("AUMaskBasedLand", bottoms=(noise(2, 98, requires_grad=False) * 12 + 22,),
              grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("AlignDataTransform", bottoms=((2, 10), CUT, PLACES), grows=()),
    of_sample("Division", grows=BATCH),
    of_sample("Combination", grows=BATCH),
    of_sample("SubRegion", bottoms=((2, 3, 5, 4), POINTS, POINTS + 1), grows=BATCH),
    of_sample("Hotspot", bottoms=(POINTS,), grows=BATCH, without=NO_GRADIENT),
    of_sample("Resize", grows=BATCH),
    Example("Resize", "", ((2, 3, 5, 4), (2, 1, 7, 3))),
    Example("Resize", "resize_param { height: 3 width: 7 }"),
    Example("Resize", "resize_param { height: 3 width: 7 nearest: true }"),
    of_sample("SpatialDropout", without=DRAWS),
    Example("SpatialDropout", "dropout_ratio: 0.25", phase="TEST"),
    of_sample("CoordsFromHeatMaps", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("CoordsFromHeatMaps", "pose_coords_from_heat_maps_param { top_k: 3 }",
            without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("RescaledPoseCoords", bottoms=(noise(2, 6, 1, 1, requires_grad=False) * 40, IMAGES),
              grows=BATCH, without=NO_GRADIENT),
    of_sample("CrossBlobsSum"),
    of_sample("SecondaryRegionsOpScores", grows=()),
    Example("SecondaryRegionsOpScores", "n_secondary_regions: 4 op_scores: AVE has_scene_branch: "
            "true", ((6, 2, 3),), grows=()),
    of_sample("ExtractPrimary", grows=()),
    of_sample("ScenePooling", grows=BATCH),
    of_sample("HeatMapsFromCoordsOrigin", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without=OF_IMAGES),
    of_sample("CoordsToBboxesMasks", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without={**OF_IMAGES, **DRAWS}),
    of_sample("TorsoMaskFromCoords", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without={**OF_IMAGES, **DRAWS}),
    of_sample("Duplicate", grows=BATCH),
    of_sample("Splice", grows=BATCH),
    of_sample("EuclideanLossHeatmap", without={
        "gradient": NOT_DERIVATIVE + "it is the difference"}),
    Example("EuclideanLossHeatmap", "", ((2, 48, 3, 2), (2, 48, 3, 2), fixed([3, 9]).reshape(2)),
            grows=SPACE, without={"gradient": NOT_DERIVATIVE + "it is the difference"}),
    of_sample("KeypointL2Loss", bottoms=((2, 3, 5, 4), WORTH), grows=BATCH),
    of_sample("KeypointAcc", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("WeightEuclideanLoss", bottoms=((4, 136), noise(4, 136, requires_grad=False)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "the size of a face is left out"}),
    of_sample("EuclideanLossWithIgnore", bottoms=((4, 6), MARKED), grows=BATCH),
    of_sample("PoseHeatMapLoss", bottoms=((2, 3, 5, 4), HEAT, noise(
        2, 3, 1, 1, requires_grad=False)), grows=BATCH, without=HALF),
    Example("PoseHeatMapLoss", "loss_emphase_type: 4 bg_num: 5 heat_score_thres: 0.1",
            ((2, 3, 5, 4), HEAT), grows=(), without={**HALF, **DRAWS}),
    Example("PoseHeatMapLoss", "loss_emphase_type: 5 ratio: 0.25 heat_score_thres: 0.1",
            ((2, 3, 5, 4), HEAT), grows=(), without={**HALF, **DRAWS}),
    of_sample("PosePDJAccuracy", bottoms=POSES, grows=BATCH, without=MEASURE),
    of_sample("PoseEuDistAccuracy", bottoms=POSES, grows=BATCH, without=MEASURE),
    of_sample("SimilaryEuclideanLoss", bottoms=((2, 5), SAME), grows=(), without=HALF),
    of_sample("PoseDistance", bottoms=((4, 6), (4, 6), (positive(4, 3) * 100).detach()),
              grows=BATCH, without=NO_GRADIENT),
    of_sample("PosenetAccuracy", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
)
