"""Why layers have no ONNX form: the reasons that several of them have."""

from __future__ import annotations

CHOOSES_EXAMPLES = "it chooses what is trained on"
COMPARES_WITH_LABELS = "it compares with labels, which a deploy net does not have"
NEEDS_LABELS = "it takes labels, which belong to training; a deploy net ends before it"
SHORT_NUMBERS = "it is computed with short numbers, of which ONNX has other ones"
UNWRITTEN = "no form of it is written"
