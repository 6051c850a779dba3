"""Fields that other projects' forks have and no layer here has the meaning of: refused by name.

The schema has them, most with numbers from 25001 on, so that their files can be read and looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from google.protobuf.message import Message

from framework.definition.hints import is_hint
from framework.definition.spec import LayerSpec

FIRST_NUMBER = 25001
HARMLESS = frozenset(["show_data"])      # what a machine shows, not what it computes
# of any layer with weights: disconnected.py, weights/weights.py
OF_WEIGHTS = frozenset(["connectivity_mode", "strict_dim"])
# Fields of NVIDIA's and Intel's branches, whose numbers say nothing, by "Message.field".
WITHOUT_MEANING = frozenset("""
    BNParameter.moving_average BNParameter.decay
    LayerParameter.spatial_dropout_param LayerParameter.split_param
    ConvolutionParameter.fusion_type
    ScaleParameter.min_value ScaleParameter.max_value
    ProposalParameter.score_thresh NormalizeParameter.fix_gradient
    ROIPoolingParameter.pooled_size CtcLossParameter.preprocess_collapse_repeated
    BinomialLossParameter.perturbation
    CrfFilterbankEdParameter.debug_mode CrfFilterbankEdParameter.div_epsilon
    CrfEdParameter.debug_mode CrfEdParameter.calculate_energy CrfEdParameter.clip_pl_gradients
    CrfEdParameter.spatial_filter_init_weight CrfGradParameter.debug_mode
    CrfGradParameter.calculate_energy
""".split())


def refuse_foreign(spec: LayerSpec, understood: Collection[str]) -> None:
    """Raise SpecError for the first field that asks for what only another project does.

    understood   those that the layer's class checks itself
    """
    for path in _foreign(spec.proto, ""):
        if path in understood:
            continue
        raise spec.error(path, "is a field of another project's Caffe, whose meaning is not "
                         "supported here; remove it to go on without")


def _foreign(message: Message, prefix: str) -> Iterator[str]:
    """Paths of set fields without a meaning here, and with another value than their default."""
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        if is_hint(field):
            continue
        name = message.DESCRIPTOR.name
        if field.message_type is not None and (
                f"{name}.{field.name}" in WITHOUT_MEANING
                or (field.number >= FIRST_NUMBER and name != "LayerParameter")):
            yield path
        elif field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                yield from _foreign(inner, f"{path}.")
        elif _asks(field, value):
            yield path


def _asks(field: Any, value: Any) -> bool:
    """Whether a single value asks for what nothing here does. Any: protobuf's own types."""
    name = f"{field.containing_type.name}.{field.name}"
    is_foreign = field.number >= FIRST_NUMBER or name in WITHOUT_MEANING
    return is_foreign and field.name not in HARMLESS | OF_WEIGHTS \
        and (field.is_repeated or value != field.default_value)
