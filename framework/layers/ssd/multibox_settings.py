"""Parse and check multibox_loss_param."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape
from framework.layers.loss.loss_settings import normalization
from framework.layers.params import honour, is_set
from framework.proto import enum_name


def signed(number: int) -> int:
    """A uint32 as the int that the original stores it in: 4294967295 is -1, no background."""
    return number - 2**32 if number >= 2**31 else number


@dataclass(frozen=True)
class Thinning:
    """Non-maximum suppression of mined examples, by nms_param; `top_k` 0 leaves no example."""

    threshold: float
    top_k: int
    by_prior: bool


@dataclass(frozen=True)
class Focus:
    """Focal loss instead of cross-entropy for the classes: alpha (1 - p)^gamma."""

    gamma: float
    alpha: float


@dataclass(frozen=True)
class MultiBoxSettings:
    """The settings of a MultiBoxLoss, from multibox_loss_param and loss_param."""

    num_classes: int
    share_location: bool
    background: int
    agnostic: bool
    code: int
    variance_in_target: bool
    match_threshold: float              # negative: BIPARTITE
    use_prior_for_matching: bool
    ignore_crossing: bool
    use_difficult: bool
    mining: str
    neg_pos_ratio: float
    neg_overlap: float
    sample_size: int
    thinning: Thinning | None
    loc_loss: str
    conf_loss: str
    focus: Focus | None
    loc_weight: float
    bp_inside: bool
    normalization: str
    objectness: float
    binary: bool                        # RefineDet's first stage: all labels are 1

    @property
    def loc_classes(self) -> int:
        """The number of boxes predicted at each prior."""
        return 1 if self.share_location else self.num_classes


def read_settings(spec: LayerSpec, focal: bool = False) -> MultiBoxSettings:
    """Read the settings of a MultiBoxLoss; SpecError for fields that contradict each other.

    focal  the classes have a focal loss, by focal_loss_param
    """
    param = spec.proto.multibox_loss_param
    _check_fields(spec)
    for field, _ in spec.proto.focal_loss_param.ListFields() if not focal else ():
        logging.getLogger(__name__).warning(
            "%s: focal_loss_param.%s is not read by layers of this type; type: "
            "\"MultiBoxFocalLoss\" reads it", spec.place("focal_loss_param"), field.name)
    thinning = None
    if param.HasField("nms_param") and param.nms_param.nms_threshold > 0:
        thinning = Thinning(param.nms_param.nms_threshold, param.nms_param.top_k,
                            param.use_prior_for_nms)
    per_prediction = enum_name(param, "match_type") == "PER_PREDICTION"
    return MultiBoxSettings(
        num_classes=param.num_classes, share_location=param.share_location,
        background=signed(param.background_label_id), agnostic=param.map_object_to_agnostic,
        code=param.code_type, variance_in_target=param.encode_variance_in_target,
        match_threshold=max(param.overlap_threshold, 0.0) if per_prediction else -1.0,
        use_prior_for_matching=param.use_prior_for_matching,
        ignore_crossing=param.ignore_cross_boundary_bbox, use_difficult=param.use_difficult_gt,
        mining=enum_name(param, "mining_type"), neg_pos_ratio=param.neg_pos_ratio,
        neg_overlap=param.neg_overlap, sample_size=param.sample_size, thinning=thinning,
        loc_loss=enum_name(param, "loc_loss_type"), conf_loss=enum_name(param, "conf_loss_type"),
        focus=_read_focus(spec) if focal else None,
        loc_weight=param.loc_weight, bp_inside=param.bp_inside,
        normalization=normalization(spec), objectness=param.objectness_score,
        binary=param.num_classes == 2 and param.HasField("objectness_score"))


def _read_focus(spec: LayerSpec) -> Focus:
    """The focal loss of MultiBoxFocalLoss, whose alpha is 0.25 by default."""
    honour(spec, "focal_loss_param", "gamma alpha")
    param = spec.proto.focal_loss_param
    if param.gamma < 0:
        raise spec.error("focal_loss_param.gamma", f"is {param.gamma}; it must be at least 0")
    return Focus(param.gamma, param.alpha if is_set(param, "alpha") else 0.25)


def _check_fields(spec: LayerSpec) -> None:
    param = spec.proto.multibox_loss_param
    mining = enum_name(param, "mining_type")
    background = signed(param.background_label_id)
    num_classes = param.num_classes

    def wrong(field: str, message: str) -> Exception:
        return spec.error(f"multibox_loss_param.{field}", message)

    if num_classes < 1:
        raise wrong("num_classes", f"is {num_classes}; it must be given, and at least 1")
    if param.HasField("do_neg_mining") and param.do_neg_mining != (mining != "NONE"):
        raise wrong("do_neg_mining", f"contradicts mining_type {mining}; leave it out")
    if mining != "NONE" and not param.share_location:
        raise wrong("share_location", f"is false; mining_type {mining} needs it true")
    if mining == "HARD_EXAMPLE" and param.sample_size < 1:
        raise wrong("sample_size", f"is {param.sample_size}; it must be at least 1")
    softmax = enum_name(param, "conf_loss_type") == "SOFTMAX"
    if softmax and not 0 <= background < num_classes:
        raise wrong("background_label_id", f"is {param.background_label_id}; for SOFTMAX it must "
                    f"be from 0 to {num_classes - 1}")
    if mining != "NONE" and background >= num_classes:
        raise wrong("background_label_id", f"is {background}; mining needs it below num_classes, "
                    f"{num_classes}, or 4294967295 for none")
    if param.map_object_to_agnostic and (num_classes, background) not in ((2, 0), (1, -1)):
        raise wrong("map_object_to_agnostic", "needs num_classes 2 and background_label_id 0, or "
                    "num_classes 1 and no background (4294967295)")
    if param.ignore_difficult_gt:
        raise wrong("ignore_difficult_gt", "is true, which no known Caffe supports; "
                    "see use_difficult_gt")
    if param.nms_param.soft_nms:
        raise wrong("nms_param.soft_nms", "is true; it is not supported")
    if normalization(spec) == "PRE_FIXED":
        raise spec.error("loss_param.normalization", "is PRE_FIXED; it must be one of FULL, VALID, "
                         "BATCH_SIZE, NONE")


def check_predictions(spec: LayerSpec, loc: Shape, conf: Shape, prior: Shape, loc_classes: int,
                      num_classes: int, numbers: int = 4) -> None:
    """Raise SpecError unless boxes, of `numbers` each, and scores fit the priors and each other."""
    num_priors = prior[2] // 4 if len(prior) > 2 else 0
    boxes = num_priors * loc_classes * numbers
    scores = num_priors * num_classes
    if len(loc) < 2 or len(conf) < 2 or loc[1] != boxes or conf[1] != scores \
            or math.prod(loc[2:]) != 1 or math.prod(conf[2:]) != 1:
        raise spec.error("bottom", f"has the shapes {loc} and {conf}; for {num_priors} priors they "
                         f"must be (N, {boxes}) and (N, {scores})")
    if loc[0] != conf[0]:
        raise spec.error("bottom", f"has {loc[0]} images of boxes and {conf[0]} of scores")
