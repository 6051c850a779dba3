"""Examples of layer types that nets of public projects name; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import Example, X, of_sample, positive

EXAMPLES = (
    of_sample("Padding"), Example("Padding", "pad_beg: -1 pad_end: -1"),
    of_sample("CropToSize"), of_sample("ReLUWithMask", bottoms=(positive(*X),)),
)
