"""Size files and resize_param, as DetectionOutput and DetectionEvaluate read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framework.definition import prototxt
from framework.definition.spec import LayerSpec
from framework.definition.values import shortened, whole_number
from framework.evaluation.result_files import FORMATS, ResultFiles
from framework.ops.image_boxes import Resizing
from framework.proto import ResizeParameter, SaveOutputParameter
from framework.system.file_names import wrong_name
from framework.system.text import read_lines


def read_sizes(spec: LayerSpec, field: str, path: str) -> list[tuple[str, int, int]]:
    """Lines of `name height width`. Raises SpecError for a file that is none."""
    if not Path(path).is_file():
        if spec.without_files:
            return []
        raise spec.error(field, f"is '{path}'; there is no such file")
    sizes = []
    for number, line in enumerate(read_lines(Path(path)), start=1):
        words = line.split()
        if not words:
            continue
        height, width = (whole_number(word, low=0) for word in words[-2:]) if len(words) == 3 else \
            (None, None)
        if height is None or width is None:
            raise spec.error(field, f"is '{path}', whose line {number} is "
                             f"'{shortened(line.strip())}'; a line must be: name height width")
        sizes.append((words[0], height, width))
    return sizes


def read_resizing(spec: LayerSpec, field: str, param: ResizeParameter) -> Resizing:
    for side in ("height", "width"):
        if getattr(param, side) < 1:
            raise spec.error(f"{field}.{side}", f"is {getattr(param, side)}; it must be at least 1")
    return Resizing(param.resize_mode, param.height, param.width, param.height_scale,
                    param.width_scale)


def read_result_files(spec: LayerSpec) -> tuple[ResultFiles, list[tuple[int, int]]] | None:
    """Where save_output_param asks for results to go, and height and width of each image.

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
    """SpecError for class names that are no names of files, where results have a file a class.

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
    if not Path(path).is_file():
        raise spec.error(field, f"is '{path}'; there is no such file")
    names: dict[int, str] = {}
    for item in prototxt.read(path, "LabelMap").message.item:
        if item.label in names:
            raise spec.error(field, f"is '{path}', which has the label {item.label} twice")
        names[item.label] = item.name
    return names
