"""Examples of community types in framework/layers/activation; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    Example,
    X,
    of_sample,
    positive,
)
from tests.support import noise

GUIDANCE = noise(4, 5, seed=6, requires_grad=False)


EXAMPLES = (
    of_sample("Gaussian"),
    of_sample("ReLU6", bottoms=(positive(*X),)), Example("ReLU6", "negative_slope: 0.1"),
    of_sample("SeLu"), of_sample("SeLU"), of_sample("Mish"), of_sample("HardSwish"),
    of_sample("HSwish"), of_sample("HardSigmoid"), of_sample("SeLuDropout", without=DRAWS),
    of_sample("Insanity", without=DRAWS), Example("Insanity", phase="TEST"),
    of_sample("PowerFile", grows=BATCH), of_sample("NegSquare"),
    of_sample("ExpMax", without={"gradient": NOT_DERIVATIVE + "the maximum is fixed"}),
    Example("ExpMax", "base: 2 scale: 0.5 shift: 1", without={
        "gradient": NOT_DERIVATIVE + "the maximum is fixed"}),
    of_sample("Mean"), of_sample("NegReLU"),
    of_sample("GradientScaler", without={"gradient": NOT_DERIVATIVE + "it is turned round"}),
    of_sample("GradientSilent", without=NO_GRADIENT),
    Example("GradientSilent", "", (X, (1, 1)), grows=(0, 2, 3)),
    of_sample("GuidedDropout", bottoms=((4, 5), GUIDANCE), without=DRAWS, grows=BATCH),
    Example("GuidedDropout", "", ((4, 5, 2, 3), GUIDANCE), grows=BATCH, phase="TEST"),
    Example("GuidedDropout", 'type: "deterministic"', ((4, 5), GUIDANCE), grows=BATCH),
    of_sample("DropPath", without=DRAWS), Example("DropPath", "drop_ratio: 0.5", phase="TEST"),
    of_sample("ReLUMod"), of_sample("SymReLU"), of_sample("ReCU"),
    Example("ReCU", "negative_slope: 0.1 alpha: 0.8 beta: -0.3 s: 0.7"),
    of_sample("ReLUPlus"), of_sample("ReLURecover"),
    of_sample("OutputDecay", without={"gradient": NOT_DERIVATIVE + "a decay is added"}),
    of_sample("RReLU", without=DRAWS), Example("RReLU", "lb: 10 ub: 30", phase="TEST"),
    of_sample("APL", blobs=((1, 1, 3, 60),) * 2, grows=BATCH),
    of_sample("Random", without={"gradient": NOT_DERIVATIVE + "it has no factor", **DRAWS}),
    of_sample("Noise", without=DRAWS), of_sample("RandomNoise", without=DRAWS), of_sample("Cos"),
    of_sample("Cosine"), of_sample("ConstScale"),
    of_sample("SignedSqrt", without={"gradient": NOT_DERIVATIVE + "its divisor has a summand"}),
    of_sample("ScaleTanH"),
    Example("ScaleTanH", "step_size: 2 power: 0.5", without={
        "gradient": "the scale grows from forward to forward"}),
    of_sample("GELU"), Example("GELU", "approximate: TANH"), of_sample("SiLU"),
    of_sample("Softplus"),
    of_sample("Sparsify", without={"gradient": NOT_DERIVATIVE + "the top is drawn to 0"}),
    Example("Sparsify", "coef: 0.25", without={"gradient": NOT_DERIVATIVE + "it is drawn to 0"}),
    of_sample("TopK", grows=BATCH), Example("TopK", "k: 2 across_channels: true"),
    of_sample("Truncation"),
    Example("Truncation", "truncation_min: -0.5", without={
        "gradient": NOT_DERIVATIVE + "values beyond a bound may come back"}),
    of_sample("ReLUWithMask", bottoms=(positive(*X),)),
    of_sample("ScaleFilter", without=DRAWS),
    of_sample("LogScaler"),
    of_sample("GradientAlignment", without={
        "gradient": NOT_DERIVATIVE + "the second one's is scaled"}),
    of_sample("SafeInv"), Example("SafeInv", bottoms=(positive(*X),)),
    of_sample("BoundedReLU"), Example("BoundedReLU", "upper_bound: 0.5 negative_slope: 0.1"),
)
