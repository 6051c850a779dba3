"""Examples of types of one project each, and of newer networks; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    BATCH,
    DRAWS,
    NOT_DERIVATIVE,
    Example,
    X,
    of_sample,
    positive,
    whole,
)

LABELS = whole(4, below=5)
STEP = {"gradient": NOT_DERIVATIVE + "it is a step of fixed size"}

ACTIVATIONS = (
    of_sample("RReLU", without=DRAWS), Example("RReLU", "lb: 10 ub: 30", phase="TEST"),
    of_sample("APL", blobs=((1, 1, 3, 60),) * 2, grows=BATCH),
    of_sample("GELU"), Example("GELU", "approximate: TANH"),
    of_sample("SiLU"), of_sample("Softplus"),
)
NORMALISATION = (
    of_sample("LayerNorm", blobs=((4,),) * 2, grows=(0, 2)),
    Example("LayerNorm", "elementwise_affine: false eps: 0.01"),
    of_sample("GroupNorm", blobs=((1, 6, 1, 1),) * 2),
    of_sample("InstanceNorm", blobs=((3,),) * 2),
    Example("InstanceNorm", "eps: 0.01"),
    of_sample("EltwiseAffine", blobs=((3,),) * 2),
    Example("EltwiseAffine", "channel_shared: true", (X,), ((),) * 2),
    of_sample("ChannelScale"),
    Example("ChannelScale", "do_forward: false", (X, (2, 5, 4)), grows=(), without={
        "gradient": NOT_DERIVATIVE + "it is that of the product"}),
)
LOSSES = (
    of_sample("GeneralContrastiveLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH),
    Example("GeneralContrastiveLoss", "exp_negative_weight: true max_negative_only: true",
            (positive(4, 5), LABELS), grows=BATCH, tops=2, without=STEP),
    of_sample("GeneralTripletLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH, without=STEP),
    of_sample("LabelSpecificRescale", bottoms=((4, 5), LABELS), grows=BATCH),
)

EXAMPLES = (*ACTIVATIONS, *NORMALISATION, *LOSSES)
