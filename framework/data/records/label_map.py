"""Label maps: class names and their numbers, as text (prototxt) or binary.

Source: LabelMap in caffe.proto; ReadLabelFileToLabelMap and MapNameToLabel in io.cpp of
weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from framework.definition import prototxt
from framework.definition.values import whole_number
from framework.errors import DataError, SpecError
from framework.proto import LabelMap
from framework.system.letters import composed
from framework.system.regular import read_regular
from framework.system.text import decoded, name_lines
from framework.system.wording import shortened

FORM = ('; a label map is text with `item { name: "cat" label: 1 }` for each class; '
        "tools/create_label_map makes one of a list of names")
BACKGROUND_NAMES = ("none_of_the_above", "background", "__background__")


def mask_values(path: str | Path) -> tuple[tuple[int, ...], ...]:
    """For each mask of a YoloSegLabel file the pixel values that it is made of.

    The n-th item, from 0 on, is for pixels of value n; its label_id, from 1 on, is its mask.
    DataError if the file is absent, has no label_id above 0 or more than 256 items, SpecError for
    its wrong fields. Source: annotated_data_layer.cpp of eric612/MobileNet-YOLO.
    """
    try:
        content = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: the label map of the masks cannot be read: "
                        f"{error.strerror or error}") from None
    document = _parsed(content, "YoloSegLabel", path)
    items = document.message.item
    num_masks = max((item.label_id for item in items), default=0)
    if num_masks < 1 or len(items) > 256:
        raise DataError(f"{path}: has {len(items)} items, the largest label_id of which is "
                        f"{num_masks}; there must be up to 256 items, one at least with a "
                        "label_id above 0")
    return tuple(tuple(value for value, item in enumerate(items) if item.label_id == mask)
                 for mask in range(1, num_masks + 1))


def read(path: str | Path, may_share: bool = False) -> Any:
    """The LabelMap message in a file. DataError if the file is absent or not a label map, or has
    a name or a label twice.

    may_share  several names may have one label: converters make one class of them
    Darknet's .names file has a name in each line; the first is label 1.
    SpecError names each wrong field of a text file: without it a class whose `label` is spelled
    in another way would be 0, the background. Source: MapNameToLabel and MapLabelToName, which
    DetectionOutput calls with their strict check.

    Any: a message's fields are known only at run time.
    """
    names, document = _read(path)
    for item in names.item:
        item.name = composed(item.name)
    _check_repeats(names, str(path), document, may_share)
    return names


def _read(path: str | Path) -> tuple[Any, prototxt.Document | None]:
    """The message, and the document if it is a text. Any: as in `read`."""
    if str(path).endswith(".names"):
        lines = name_lines(Path(path))
        if not lines:
            raise DataError(f"{path}: has no name; each line is the name of a class")
        return make(lines), None
    try:
        content = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: the label map cannot be read: {error.strerror or error}; "
                        "tools/create_label_map makes one") from None
    names = LabelMap()
    try:
        names.ParseFromString(content)
        if names.item and all(item.name for item in names.item):
            return names, None
    except (DecodeError, UnicodeDecodeError):
        pass
    document = _parsed(content, "LabelMap", path)
    _check_items(document)
    return document.message, document


def _check_repeats(names: LabelMap, path: str, document: prototxt.Document | None,
                   may_share: bool) -> None:
    """SpecError or DataError for a class that is there twice: one of the two would be lost."""
    labels: dict[str, int] = {}
    owners: dict[int, str] = {}
    for index, item in enumerate(names.item):
        field, problem = "", ""
        if item.name and item.name in labels:
            field = "name"
            problem = f"is '{shortened(item.name)}', which has the label {labels[item.name]} before"
        elif item.label in owners and not may_share:
            field = "label"
            problem = (f"is {item.label}, which is the label of '{shortened(owners[item.label])}' "
                       "before")
        if problem:
            text = f"{problem}; each class has one name and one label"
            name = f"item[{index}].{field}"
            raise document.error(name, text) if document else DataError(f"{path}: {name} {text}")
        labels[item.name] = item.label
        owners.setdefault(item.label, item.name or item.display_name)


def _check_items(document: prototxt.Document) -> None:
    """DataError for a label map of no class, SpecError for a class without a name or a label."""
    items = document.message.item
    if not items:
        raise DataError(f"{document.path}: has no item {{ name: ... label: ... }}, which a label "
                        "map has for each class")
    for index, item in enumerate(items):
        if not item.name and not item.display_name:
            raise document.error(f"item[{index}].name", "is missing; each class has one")
        if not item.HasField("label") and item.name.lower() not in BACKGROUND_NAMES:
            raise document.error(f"item[{index}].label", f"is missing; '{shortened(item.name)}' "
                                 "would be class 0, the background")
        if item.label < 0:
            raise document.error(f"item[{index}].label", f"is {item.label}; labels begin with 0, "
                                 "the background")


def _parsed(content: bytes, kind: str, path: str | Path) -> prototxt.Document:
    """The text of a label map. DataError if it is not text, SpecError for its wrong fields."""
    try:
        document = prototxt.parse(decoded(path, content), kind, str(path))
    except DataError:
        raise DataError(f"{path}: this is not a label map, neither text nor binary") from None
    except SpecError as error:
        raise SpecError(f"{error}{FORM}") from None
    if document.problems:
        is_tensorflows = any(problem.field == "item.id" for problem in document.problems)
        cure = "; TensorFlow's maps say `id` where Caffe's say `label`" if is_tensorflows else ""
        cure = cure if document.message.item else FORM
        raise SpecError("\n".join(f"{document.place(problem.line)}: {problem.field} {problem.text}"
                                  for problem in document.problems) + cure)
    return document


def labels_by_name(names: LabelMap) -> dict[str, int]:
    """Class name -> label."""
    return {item.name: item.label for item in names.item}


def notes_on_shared(names: LabelMap) -> list[str]:
    """A sentence for each label that several names have."""
    owners: dict[int, list[str]] = {}
    for item in names.item:
        owners.setdefault(item.label, []).append(item.name)
    return [f"{shortened(', '.join(own))} have the label {label} and become one class; training "
            "and detection want a label map with one name for it"
            for label, own in owners.items() if len(own) > 1]


def notes(names: LabelMap) -> list[str]:
    """A sentence for each thing that is odd about a label map that can be read."""
    return [*notes_on_shared(names), *notes_on_capitals(item.name for item in names.item)]


def notes_on_capitals(names: Iterable[str]) -> list[str]:
    """A sentence for the names that differ in capitals alone, which mostly are one class."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(name.casefold(), []).append(name)
    return [f"the classes {shortened(', '.join(own))} differ in capital letters alone; if they are "
            "one class, give them one name" for own in groups.values() if len(own) > 1]


def names_by_label(names: LabelMap) -> dict[int, str]:
    """Label -> display name, or name where there is none."""
    return {item.label: item.display_name or item.name for item in names.item}


def names_in_file(path: str) -> dict[int, str]:
    """Names by label, of a label map, or of a text file (.txt) with a name in each line, from class
    0 on. DataError for a bad one, and for one without a class."""
    if not path.endswith(".txt"):
        return names_by_label(read(path))
    names = name_lines(Path(path))
    if not names:
        raise DataError(f"{path}: has no class")
    return dict(enumerate(names))


def object_labels(names: LabelMap) -> frozenset[int]:
    """The labels that a box may have: all but the background."""
    return frozenset(item.label for item in names.item
                     if not (item.label == 0 and item.name.lower() in BACKGROUND_NAMES))


def make(names: Sequence[str]) -> LabelMap:
    """The LabelMap of these classes, numbered from 1 in their order, with the background as 0.

    DataError for a class that has the background's name.
    """
    label_map = parse_lines([], include_background=True)
    if label_map.item[0].name in names:
        raise DataError(f"a class is called {label_map.item[0].name}, which is the name of the "
                        "background (label 0): rename it")
    for label, name in enumerate(names, start=1):
        label_map.item.add(name=name, label=label, display_name=name)
    return label_map


def parse_lines(lines: Sequence[str], delimiter: str = " ",
                include_background: bool = False, path: str = "") -> LabelMap:
    """Lines of `name`, `name label` or `name label display_name` -> LabelMap.

    delimiter           characters that separate the fields, any of them
    include_background  none_of_the_above comes first, as class 0
    path                of the file that has the lines
    Without labels the names are numbered in their order. DataError names file and line.
    """
    names = LabelMap()
    if include_background:
        names.item.add(name="none_of_the_above", label=0, display_name="background")
    known = {item.name for item in names.item}
    place = f"{path}:" if path else "line "
    width = 0
    for index, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        fields = re.split(f"[{re.escape(delimiter)}]", line.strip())
        width = width or len(fields)
        if len(fields) != width or not 1 <= width <= 3:
            wanted = width if 1 <= width <= 3 else "1 to 3"
            raise DataError(f"{place}{index}: '{shortened(line.strip())}' has {len(fields)} "
                            f"fields; every line must have {wanted}; names that have {delimiter!r} "
                            "in them need another --delimiter")
        label = len(names.item) if width == 1 else whole_number(fields[1])
        if label is None:
            raise DataError(f"{place}{index}: '{shortened(fields[1])}' is not a label; it must "
                            "be a whole number of 32 bits")
        if label < 0:
            raise DataError(f"{place}{index}: the label is {label}; labels begin with 0, the "
                            "background")
        if fields[0] in known:
            raise DataError(f"{place}{index}: '{shortened(fields[0])}' is there twice")
        known.add(fields[0])
        names.item.add(name=fields[0], label=label,
                       display_name=fields[2] if width == 3 else fields[0])
    return names
