"""check_data for nets: check what their data layers read, and their priors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from framework.data.augment.draws import Draws
from framework.data.loading.batches import BatchMaker
from framework.data.records.images import failing_as_bad
from framework.data.records.records import BadRecord
from framework.definition.spec import LayerSpec
from framework.errors import CaffeError, DataError
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.layers.data.annotated_data import AnnotatedData
from framework.layers.data.data import Data
from framework.layers.data.image_source import ImageSource, color_of
from framework.net.reading import read_net
from framework.report.anchor_choice import print_anchors
from framework.report.data_problems import item_problems, problems
from framework.report.data_report import most_bad, report
from framework.report.data_survey import Survey
from framework.report.net_summary import phases
from framework.report.prior_makers import prior_makers
from framework.report.prior_report import built_net, overlap_threshold, print_priors
from framework.system.progress import Progress


def check_files(paths: list[Path], options: argparse.Namespace) -> int:
    """Check the data layers of net files, each database once; 1 if one is of no use."""
    seen: set[tuple[str, str]] = set()
    worst = 0
    for path in paths:
        document = read_net(path, options.ignore_unknown_fields)
        for phase, net in phases(document, options.phase):
            for spec in net.layers:
                key = (spec.type, data_source(spec))
                if not key[1] or key in seen:
                    continue
                seen.add(key)
                print(f"\n{path}, {phase}, layer '{spec.name}' ({spec.type}):")
                try:
                    worst = max(worst, check_layer(spec, str(path), phase,
                                                   plot_path(options.plot, len(seen)),
                                                   options))
                except CaffeError as error:
                    print(f"error: {error}")
                    worst = 1
    if not seen:
        raise DataError(f"{', '.join(map(str, paths))}: no data layer reads from files")
    return worst


def plot_path(path: Path | None, number: int) -> Path | None:
    """FILE.png for the first database, FILE_2.png for the second."""
    if path is None or number == 1:
        return path
    return path.with_name(f"{path.stem}_{number}{path.suffix}")


def data_source(spec: LayerSpec) -> str:
    """What a data layer reads from; "" for other layers."""
    if not issubclass(LAYERS.get(spec.type, object), ImageSource):
        return ""
    params = (spec.proto.data_param, spec.proto.image_data_param, spec.proto.window_data_param,
              spec.proto.dense_image_data_param, spec.proto.video_data_param)
    return next((str(param.source) for param in params if param.source), "")


def check_layer(spec: LayerSpec, path: str, phase: str, plot: Path | None,
                options: argparse.Namespace) -> int:
    """Check what a data layer reads; 1 if too much of it is bad. `plot`: where to draw it."""
    kind: Any = LAYERS[spec.type]        # Any: an ImageSource, whose __init__ takes options
    if kind not in (AnnotatedData, Data):
        return check_items(spec, path, phase, options.strict)
    net, faults = built_net(path, phase)
    makers = prior_makers(net) if net is not None and kind is AnnotatedData else []
    size = input_size(spec)

    def priors(found: Survey, names: dict[int, str]) -> None:
        if makers:
            print_priors(found, makers, size, overlap_threshold(path), names)
        if options.anchors:
            print_anchors(found, options.anchors, options.anchor_size or size)

    def found_problems(found: Survey, label_map: Any) -> list[str]:
        return [*faults, *_refused(kind, spec), *problems(found, label_map, spec, net)]

    return report(spec.proto.data_param.source, label_map_file(spec), color_of(spec), priors,
                  size, plot, found_problems, options.strict)


def label_map_file(spec: LayerSpec) -> str:
    """The label map that the layer names; of a Data layer, which has no field for it, the one
    beside the database, as `caffe new classifier` writes it; "": none."""
    named = str(spec.proto.annotated_data_param.label_map_file)
    beside = Path(spec.proto.data_param.source).absolute().parent / "labelmap.prototxt"
    return str(beside) if not named and LAYERS[spec.type] is Data and beside.is_file() else named


def _refused(kind: Any, spec: LayerSpec) -> list[str]:
    """What the data layer itself says when training starts. Any: an ImageSource."""
    try:
        kind(spec, DataOptions()).close()
    except CaffeError as error:
        return [str(error)]
    return []


def check_items(spec: LayerSpec, path: str, phase: str, is_strict: bool) -> int:
    """Read every file of a list and put it through the transformation; 1 if training would refuse
    what it makes, or too many are bad.

    is_strict  one that is bad is too many
    """
    kind: Any = LAYERS[spec.type]        # Any: an ImageSource, whose __init__ takes options
    maker: BatchMaker = kind(spec, DataOptions()).maker
    items = maker.source
    found = Survey(data_source(spec), list(map(items.name, range(items.size()))))
    bad: dict[int, str] = {}
    for index in Progress(items.size(), "check").over(range(items.size())):
        try:
            with failing_as_bad():
                item = items.item(index, Draws(0, index))
        except BadRecord as error:
            bad[index] = str(error)
            continue
        found.shapes[tuple(plane.shape for plane in item.planes)] += 1
        if float(item.label).is_integer():
            found.classes[int(item.label)] += 1
    bad |= items.found_bad()          # some find them on their own, some do both
    print(f"{found.path}: {items.size()} entries, {len(bad)} of them bad")
    for index, reason in bad.items():
        print(f"  bad: {items.name(index)}: {reason}")
    net, faults = built_net(path, phase)
    wrong = [*faults, *item_problems(found, spec, net, maker.takes_any_shape)]
    for text in wrong:
        print(f"  bad for training: {text}")
    return int(bool(wrong) or len(bad) > most_bad(items.size(), is_strict))


def input_size(spec: LayerSpec) -> tuple[int, int] | None:
    """(width, height) to which the images are resized; None if they are not, or keep their form.
    """
    param = spec.proto.transform_param.resize_param
    is_warp = spec.proto.transform_param.HasField("resize_param") \
        and param.resize_mode == param.WARP
    return (param.width, param.height) if is_warp else None
