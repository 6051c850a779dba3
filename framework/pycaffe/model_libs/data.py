"""The data layer of SSD's nets, and the two helpers for paths that its scripts call."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import framework.proto as proto
from framework.pycaffe.net_spec import layers


def check_if_exist(path: str) -> bool:
    """Whether there is a file or folder of that name."""
    return os.path.exists(path)


def make_if_not_exist(path: str) -> None:
    """Make the folder and its parents, unless it exists."""
    os.makedirs(path, exist_ok=True)


def CreateAnnotatedDataLayer(
    source: str, batch_size: int = 32, backend: int = proto.DataParameter.LMDB,
    output_label: bool = True, train: bool = True, label_map_file: str = "",
    anno_type: int | None = None, transform_param: Mapping[str, Any] | None = None,
    batch_sampler: Sequence[Mapping[str, Any]] = ({},),
) -> Any:
    """The tops of an AnnotatedData layer of one phase: data and label, or data alone.

    Any: a Top or two, and what fields of messages hold.
    """
    annotated: dict[str, Any] = {"label_map_file": label_map_file, "batch_sampler": batch_sampler}
    if anno_type is not None:
        annotated["anno_type"] = anno_type
    return layers.AnnotatedData(
        name="data", ntop=2 if output_label else 1, annotated_data_param=annotated,
        data_param={"batch_size": batch_size, "backend": backend, "source": source},
        include={"phase": proto.TRAIN if train else proto.TEST},
        transform_param=dict(transform_param or {}))
