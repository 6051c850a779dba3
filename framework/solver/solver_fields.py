"""Validate the fields of a solver file: unsupported ones and wrong values are errors."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor

from framework.definition.prototxt import Document
from framework.errors import SpecError
from framework.evaluation.average_precision import VERSIONS
from framework.proto import SolverParameter
from framework.system.wording import nearest

HONOURED = frozenset("""
    net net_param train_net train_net_param test_net test_net_param train_state test_state weights
    test_iter test_interval test_initialization test_compute_loss eval_type ap_version
    show_per_class_result display average_loss max_iter iter_size debug_info random_seed
    type solver_type base_lr lr_policy gamma power stepsize stepvalue plateau_winsize
    warmup_iter warmup_start_lr rampup_interval rampup_lr burn_in min_lr stagelr stageiter
    momentum momentum2 momentum_policy momentum_power max_momentum delta rms_decay
    weight_decay weight_decay_policy weight_decay_power regularization_type clip_gradients
    larc larc_policy larc_eta local_lr_auto local_gw_ratio
    lr_mult p_mult period ema_decay freeze monitor patience keep_best
    snapshot snapshot_prefix snapshot_format snapshot_after_train snapshot_diff
    solver_mode device_id
""".split())

# They say how a machine works, not what is computed; flags of the command line do that here.
MACHINE_HINTS = frozenset("""
    device layer_wise_reduce per_parameter_reduce engine solver_data_type
    store_blobs_in_old_format log_avg_gradient_norm richness device_id_more group_id
    device_ids random_seeds slave_device_id
""".split())

FLOATS = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)
ENDLESS = frozenset(["clip_gradients", "max_momentum"])     # limits; infinity: no limit


def check_fields(document: Document) -> list[str]:
    """Refuse, all in one SpecError, set fields without a meaning here that change the training.

    Returns a sentence for each hint to the machine of another Caffe.
    """
    problems = []
    hints = []
    for field, value in document.message.ListFields():
        if field.name in HONOURED or (not field.is_repeated and value == field.default_value):
            continue
        if field.name in MACHINE_HINTS:
            hints.append(str(document.error(field.name, "is a hint to another Caffe's machine; "
                                            "flags say such things here")))
            continue
        problems.append(str(document.error(field.name, "is a field of another Caffe that is not "
                                           "supported; remove it to train without it")))
    param = document.message
    for name, allowed in (("eval_type", ("classification", "detection",
                                         "detection_segmentation", "segmentation")),
                          ("ap_version", VERSIONS)):
        value = getattr(param, name)
        if value not in allowed:
            problems.append(str(document.error(name, f"is '{value}'{nearest(value, allowed)}; it "
                                               f"must be one of {', '.join(allowed)}")))
    for name, least in (("average_loss", 1), ("iter_size", 1), ("display", 0), ("max_iter", 0),
                        ("snapshot", 0), ("test_interval", 0)):
        if getattr(param, name) < least:
            problems.append(str(document.error(name, f"is {getattr(param, name)}; it must be at "
                                               f"least {least}")))
    problems += [str(document.error(name, text)) for name, text in _wrong_numbers(param)]
    if problems:
        raise SpecError("\n".join(problems))
    return hints


def _wrong_numbers(param: SolverParameter) -> Iterator[tuple[str, str]]:
    """Fields that no update can be computed with: what the original takes is taken here too."""
    if min(param.test_iter, default=0) < 0:
        yield "test_iter", f"is {min(param.test_iter)}; it must be at least 0"
    for field, value in param.ListFields():
        if field.cpp_type not in FLOATS:
            continue
        for number in value if field.is_repeated else [value]:
            if math.isnan(number) or (math.isinf(number) and field.name not in ENDLESS):
                yield field.name, f"is {number:g}; it must be a finite number"
    has_means = param.type in ("Adam", "AdamW", "LAMB")
    if has_means and not -1 < param.momentum < 1:
        yield "momentum", (f"is {param.momentum:g}; {param.type} divides by 1 less its powers, so "
                           "that it must be between -1 and 1")
    if has_means and not 0 <= param.momentum2 < 1:
        yield "momentum2", (f"is {param.momentum2:g}; {param.type} takes the root of 1 less its "
                            "powers, so that it must be from 0 to below 1")
    if param.type == "AdaDelta" and not 0 <= param.momentum <= 1:
        yield "momentum", (f"is {param.momentum:g}; AdaDelta takes the root of means that it "
                           "weighs, so that it must be from 0 to 1")
    for what in ("momentum", "weight_decay"):
        power = getattr(param, f"{what}_power")
        if getattr(param, f"{what}_policy") == "poly" and power < 0:
            yield f"{what}_power", (f"is {power:g}; with {what}_policy \"poly\" 0 is raised to "
                                    "it, so that it must not be negative")
    if param.momentum_policy == "opt" and param.base_lr < 0:
        yield "base_lr", f"is {param.base_lr:g}; momentum_policy \"opt\" takes its root"


def snapshot_prefix(document: Document) -> str:
    """The beginning of every snapshot's path.

    Without `snapshot_prefix` it is the solver file without its suffix; a folder stands for the
    solver file's name in that folder (UpgradeSnapshotPrefixProperty in BVLC's upgrade_proto.cpp).
    A path that ends in a slash is a folder before it exists too, so that the next run, which finds
    it, has the same prefix; the original does not make folders and ends there.
    """
    given = document.message.snapshot_prefix
    own = Path(document.path).with_suffix("") if document.path != "<text>" else Path("solver")
    if not given:
        return str(own)
    if given.endswith("/") or os.path.isdir(given):
        return str(Path(given) / own.name)
    return given
