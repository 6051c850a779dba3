"""Examples of community types in framework/layers/normalization; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NOT_DERIVATIVE,
    SPACE,
    Example,
    X,
    of_sample,
    positive,
)

SHORT = {"gradient": NOT_DERIVATIVE + "that of the rounding is left out", **AFTER_ROUNDING}

EXAMPLES = (
    of_sample("EltwiseAffine", blobs=((3,),) * 2),
    Example("EltwiseAffine", "channel_shared: true", (X,), ((),) * 2), of_sample("ChannelScale"),
    Example("ChannelScale", "do_forward: false", (X, (2, 5, 4)), grows=(), without={
        "gradient": NOT_DERIVATIVE + "it is that of the product"}),
    Example("BatchNorm", "add_eps_before_sqrt: false eps: 0.3", (X,), ((3,), (3,), (1,)),
            phase="TEST"),
    of_sample("BN", blobs=((1, 3, 1, 1),) * 4),
    Example("BN", "bn_mode: LEARN", (X,), ((1, 3, 1, 1),) * 2),
    Example("BN", "icnet: true", ((2, 3, 5, 4),), ((1, 3, 1, 1),) * 4, phase="TEST"),
    Example("BN", "bn_param { decay: 0.1 scale_filler { value: 1 } }", blobs=((1, 3, 1, 1),) * 4),
    Example("BN", "decay: 0.1 var_eps: 0.001", blobs=((1, 3, 1, 1),) * 4, phase="TEST"),
    Example("BN", "bn_param { decay_exma: 0.9 scale_filler { value: 1 } }",
            blobs=((1, 3, 1, 1),) * 4),
    Example("BN", "decay_exma: 0.9", blobs=((1, 3, 1, 1),) * 4, phase="TEST"),
    of_sample("CuDNNBatchNorm", blobs=((1, 3, 1, 1),) * 4),
    Example("CuDNNBatchNorm", "frozen: true eps: 0.01", blobs=((1, 3, 1, 1),) * 4),
    of_sample("LayerNorm", blobs=((4,),) * 2, grows=(0, 2)),
    Example("LayerNorm", "elementwise_affine: false eps: 0.01"),
    of_sample("GroupNorm", blobs=((1, 6, 1, 1),) * 2), of_sample("InstanceNorm", blobs=((3,),) * 2),
    Example("InstanceNorm", "eps: 0.01"), Example("GroupNorm", "group_num: 2", ((2, 6, 5, 4),)),
    of_sample("MyNormalize", blobs=((),)),
    Example("Normalize", "normalize_param { normalize_type: 'L1' bp_norm: true }", tops=2),
    of_sample("LRNRistretto", without=SHORT),
    of_sample("NormOfChannels", without={"gradient": NOT_DERIVATIVE + "eps is in its divisor"}),
    of_sample("Normalization", grows=BATCH), of_sample("NormalizationL2", grows=BATCH),
    of_sample("NormL2", grows=BATCH), of_sample("L2Normalize", grows=BATCH),
    Example("NormL2", bottoms=((2, 3, 5, 4),), grows=BATCH),
    of_sample("L2Norm", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "eps is in its norm"}),
    of_sample("SimpleNormalize", grows=BATCH), of_sample("GRN"),
    of_sample("Dial", blobs=((1,), (2, 3), (2, 3), (1,)), grows=SPACE, without={
        "gradient": NOT_DERIVATIVE + "a share beyond its bounds learns all the same"}),
    Example("Dial", "dial_param { weight_filler { value: 0.8 } }", ((4, 3, 2, 5),),
            ((1,), (2, 3), (2, 3), (1,)), phase="TEST"),
    of_sample("MultiModalBatchNorm", bottoms=((4, 3, 5, 2), positive(4, 1)),
              blobs=((3,), (3,), (1,)), grows=(2, 3), without={
                  "gradient": NOT_DERIVATIVE + "eps is in that of the weights"}),
)
