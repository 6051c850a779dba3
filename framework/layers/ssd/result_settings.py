"""Parse save_output_param, resize_param and size files of DetectionOutput and DetectionEvaluate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from framework.definition import prototxt
from framework.definition.spec import LayerSpec
from framework.definition.values import whole_number
from framework.evaluation.result_files import FORMATS, ResultFiles
from framework.ops.image_boxes import Resizing
from framework.proto import ResizeParameter, SaveOutputParameter
from framework.system.file_names import wrong_name
from framework.system.text import read_lines
from framework.system.wording import shortened


def read_sizes(spec: LayerSpec, field: str, path: str) -> list[tuple[str, int, int]]:
    """Parse a size file, lines of `name height width`, into such tuples.

    Raises SpecError at `field` if the file does not exist or a line is wrong. A net that is built
    without its files has no sizes.
    """
    if not os.path.isfile(path):
        if spec.without_files:
            return []
        raise spec.error(field, f"is '{path}'; there is no such file")
    sizes = []
    for number, line in enumerate(read_lines(Path(path)), start=1):
        words = line.strip().rsplit(None, 2)        # names may have spaces
        if not words:
            continue
        sides = [whole_number(word, low=0) for word in words[1:]]
        if len(words) != 3 or sides[0] is None or sides[1] is None:
            raise spec.error(field, f"is '{path}'; {path}:{number} is "
                             f"'{shortened(line.strip())}', and a line must be: name height width")
        sizes.append((words[0], sides[0], sides[1]))
    return sizes


def read_resizing(spec: LayerSpec, field: str, param: ResizeParameter) -> Resizing:
    """The resizing of a ResizeParameter; SpecError if height or width is 0."""
    for side in ("height", "width"):
        if getattr(param, side) < 1:
            raise spec.error(f"{field}.{side}", f"is {getattr(param, side)}; it must be at least 1")
    return Resizing(param.resize_mode, param.height, param.width, param.height_scale,
                    param.width_scale)


def read_result_files(spec: LayerSpec) -> tuple[ResultFiles, list[tuple[int, int]]] | None:
    """The result files of save_output_param, and height and width of each image.

    None unless it names a directory, a label map and a size file: then the original saves nothing.
    """
    field = "detection_output_param.save_output_param"
    layer = spec.proto.detection_output_param
    param = layer.save_output_param
    if not (param.output_directory and param.label_map_file and param.name_size_file) \
            or spec.without_files:
        return None
    if param.output_format not in FORMATS:
        raise spec.error(f"{field}.output_format", f"is '{param.output_format}'; it must be one of "
                         f"{', '.join(FORMATS)}")
    names = _read_names(spec, f"{field}.label_map_file", param.label_map_file)
    objects = [label for label in range(layer.num_classes) if label != layer.background_label_id]
    missing = [str(label) for label in objects if label not in names]
    if missing:
        raise spec.error(f"{field}.label_map_file", f"is '{param.label_map_file}', which has no "
                         f"name for the labels {', '.join(missing)}")
    _check_file_names(spec, field, param, [names[label] for label in objects])
    sizes = read_sizes(spec, f"{field}.name_size_file", param.name_size_file)
    count = param.num_test_image if param.HasField("num_test_image") else len(sizes)
    if not 1 <= count <= len(sizes):
        raise spec.error(f"{field}.num_test_image", f"is {count}; it must be from 1 to the number "
                         f"of lines of the size file, {len(sizes)}")
    files = ResultFiles(Path(param.output_directory), param.output_name_prefix,
                        param.output_format, names, objects, [name for name, _, _ in sizes], count)
    return files, [(height, width) for _, height, width in sizes]


def _check_file_names(spec: LayerSpec, field: str, param: SaveOutputParameter,
                      names: Sequence[str]) -> None:
    """SpecError for class names that are not valid file names, where each class has a file.

    Any: SaveOutputParameter
    """
    for name in ("output_directory", "output_name_prefix"):
        if "\0" in getattr(param, name):
            raise spec.error(f"{field}.{name}", f"is {getattr(param, name)!r}; it must have no NUL")
    for name in names if param.output_format == "VOC" else ():
        reason = wrong_name(name, f"{Path(param.output_name_prefix).name}.txt")
        if reason:
            raise spec.error(f"{field}.label_map_file", f"is '{param.label_map_file}', where the "
                             f"name of a class, {shortened(name)!r}, is {reason}; results in "
                             "VOC's form have a file of its name for each class")


def _read_names(spec: LayerSpec, field: str, path: str) -> dict[int, str]:
    if not os.path.isfile(path):
        raise spec.error(field, f"is '{path}'; there is no such file")
    names: dict[int, str] = {}
    for item in prototxt.read(path, "LabelMap").message.item:
        if item.label in names:
            raise spec.error(field, f"is '{path}', which has the label {item.label} twice")
        names[item.label] = item.name
    return names
