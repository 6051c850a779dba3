"""Examples of community types in framework/layers/resampling; see tests/layer_examples.py."""

from __future__ import annotations

from tests.community_examples.vision import MASK
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    Example,
    X,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

PLACES_OF_GRID = (noise(2, 6, 7, 2, seed=8) * 0.9).detach().requires_grad_()
PLACES_OF_COLUMNS = fixed([1, 2], [5.5, 9], [-3, 4], [40, 50], [2, 7], [0, 0], [8, 3.5],
                          [6, 30])

EXAMPLES = (
    of_sample("Tiling"),
    of_sample("Dtow"),
    Example("Dtow", "method: MWTOD", ((2, 3, 4, 6),)),
    Example("Dtow", "method: LWTOD psize: 3 ngroup: 2", ((2, 4, 6, 9),), grows=BATCH),
    Example("Dtow", "", ((2, 8, 5, 3),)),
    of_sample("DepthToSpace"),
    of_sample("SpaceToDepth", grows=BATCH),
    Example("DepthToSpace", 'block_size: 2 data_format: "NCHW"', ((2, 8, 5, 3),)),
    Example("DepthToSpace", 'block_size: 2 data_format: "CRD"', ((2, 8, 5, 3),)),
    Example("SpaceToDepth", 'block_size: 2 data_format: "NCHW"', ((2, 3, 4, 6),), grows=BATCH),
    of_sample("MTranspose"),
    Example("MTranspose", "groups: 3 inverse: true channel: 6 height: 2 width: 4", ((32, 3),),
            grows=(), without=NO_GRADIENT),
    of_sample("Enlarge"),
    of_sample("GridSample", bottoms=(X, PLACES_OF_GRID), grows=(0, 2)),
    *(Example("GridSample", f"mode: {mode} padding: {padding} align_corners: {corners}",
              (X, PLACES_OF_GRID), grows=(0, 2))
      for mode, padding, corners in (("NEAREST", "ZEROS", "true"), ("BILINEAR", "BORDER", "true"),
                                     ("BILINEAR", "REFLECTION", "false"),
                                     ("BILINEAR", "REFLECTION", "true"),
                                     ("NEAREST", "REFLECTION", "false"))),
    of_sample("HyperColumns", grows=()),
    of_sample("Interp"),
    Example("Interp", "height: 7 width: 9 mode: NEAREST", grows=BATCH),
    of_sample("BilinearInterpolation", grows=BATCH),
    of_sample("Upsample"),
    Example("Upsample", "", ((2, 3, 2, 4), MASK)),
    of_sample("Reorg"),
    of_sample("ShuffleChannel"),
    of_sample("Flip"),
    of_sample("PointBilinear", bottoms=((2, 3, 5, 4), fixed(
        [1, 2], [9, 13], [-3, 7], [40, 5], [6.5, 50], [14, 1]).requires_grad_(),
        whole(6, below=2)), grows=()),
    of_sample("FlowWarping", grows=()),
    of_sample("SpaceToBatchND", grows=BATCH),
    of_sample("BatchToSpaceND", grows=()),
    of_sample("SpatialTransformer", grows=BATCH),
    Example("SpatialTransformer", "st_param { transform_type: 'projective' output_H: 3 }",
            ((2, 3, 5, 4), (noise(2, 8, seed=2) * 0.3).detach().requires_grad_()), grows=BATCH),
    of_sample("ResizeBilinear", grows=BATCH),
    of_sample("ResizeNearestNeighbor", grows=BATCH),
    Example("PatchReshape", "new_channel: 4 new_height: 3 new_width: 2 new_patch_height: 3 "
            "new_patch_width: 2", ((2, 24),), grows=BATCH),
    of_sample("GSTiling"),
    Example("GSTiling", "stride: 2 reverse: true", ((2, 8, 3, 5),)),
    of_sample("SparseHypercolumnExtractor", bottoms=(
        PLACES_OF_COLUMNS.reshape(2, 4, 2), (2, 3, 5, 6), (2, 2, 3, 4)), grows=(),
        without=AFTER_ROUNDING),
    of_sample("StripDecimals", without=NO_GRADIENT),
    of_sample("PatchReshape", grows=BATCH),
)
