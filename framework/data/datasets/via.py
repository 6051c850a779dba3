"""VIA's files (VGG Image Annotator 1 to 3): projects, and annotations as JSON or CSV, in pixels.

Source: VIA's documentation and _via_metadata.js: of version 3 a region is a number of its shape and
its coordinates. An attribute of a region is its class; no file says which one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    json_words,
)
from framework.data.datasets.named_images import Named, gather
from framework.data.datasets.tables import TableRows
from framework.data.datasets.via_shapes import box_and_mask, shape_of_version_3
from framework.data.records.account import BadEntry, Note
from framework.errors import DataError
from framework.system.json_text import parse_json
from framework.system.text import open_text
from framework.system.wording import shortened

COLUMNS = ("filename", "region_shape_attributes", "region_attributes")
CLASS_WORDS = ("class", "label", "name", "category", "type", "object", "classname", "labelname",
               "objectname", "objecttype", "classes", "labels", "species")
"""Attributes that are a region's class, the likeliest first; without capitals and other signs."""
ONLY_CLASS = "object"       # the class of regions without any attribute
Json = Any      # what JSON holds is known only when it is read


@dataclass(frozen=True)
class Image:
    """An image as a file has it: its regions' shapes and attributes; or what is wrong with it."""

    file: str
    names: tuple[str, ...]
    regions: list[tuple[Json, Json]] = field(default_factory=list)
    problem: str = ""


def is_file(content: Json) -> bool:
    """Is this a project, or the annotations of one?"""
    if not isinstance(content, dict):
        return False
    if isinstance(content.get("_via_img_metadata"), dict) or _is_version_3(content):
        return True
    return bool(content) and all(isinstance(item, dict) and isinstance(item.get("filename"), str)
                                 and isinstance(item.get("regions"), list | dict)
                                 for item in content.values())


def _is_version_3(content: Mapping[str, Json]) -> bool:
    return all(isinstance(content.get(key), dict)
               for key in ("project", "attribute", "file", "metadata", "view"))


def is_table(header: Sequence[str]) -> bool:
    """Has a table the columns of VIA?"""
    return set(COLUMNS) <= {word.lstrip("#").strip() for word in header}


def load(tree: FileTree, files: Mapping[str, Json], tables: Sequence[str]
         ) -> tuple[Dataset, str]:
    """The dataset of such files, and which attribute is the class, in words.

    Polygons, circles and ellipses become the boxes around them, polygons are kept as masks; other
    shapes are left out, with a note. DataError if not one image is there, or if no attribute is
    known to be the class.
    """
    losses: list[Note] = []
    images = [image for file, content in files.items()
              for image in _images(tree, file, content, losses)]
    images += [image for table in tables for image in _rows(tree, table)]
    attribute = _class_attribute(str(tree.root), images)
    rows = [Named(image.file, image.names,
                  _labels(image, f"{tree.root / image.file}#{image.names[0]}", attribute))
            for image in images]
    words = f"the class of a region is its {attribute}" if attribute else \
        f"no region has an attribute, so all are of one class, {ONLY_CLASS}"
    return gather(tree, rows, "an image that VIA's file does not name", losses=losses), words


def _images(tree: FileTree, file: str, content: Mapping[str, Json], losses: list[Note]
            ) -> Iterator[Image]:
    """The images of a JSON file; regions of no image go into `losses`."""
    if _is_version_3(content):
        yield from _of_version_3(file, content, f"{tree.root / file}", losses)
        return
    for item in content.get("_via_img_metadata", content).values():
        name = item.get("filename") if isinstance(item, dict) else None
        if not isinstance(name, str):
            yield Image(file, ("",), problem="an image has no filename")
            continue
        found = item.get("regions", ())
        regions = list(found.values() if isinstance(found, dict) else found or ())
        try:
            yield Image(file, (name,), [(region["shape_attributes"],
                                         region.get("region_attributes")) for region in regions])
        except JSON_ERRORS as error:
            yield Image(file, (name,), [({}, {})] * len(regions), json_words(error))


def _of_version_3(file: str, content: Mapping[str, Json], where: str, losses: list[Note]
                  ) -> Iterator[Image]:
    """The images of a project of version 3, where views show files, and regions are of views.

    A region that is not one spoils the image of its view alone.
    """
    titles = {key: str(item.get("aname") or key) if isinstance(item, dict) else key
              for key, item in content["attribute"].items()}
    regions: dict[str, list[tuple[Json, Json]]] = {}
    problems: dict[str, str] = {}
    for key, region in content["metadata"].items():
        view = region.get("vid") if isinstance(region, dict) else None
        if view is None:
            losses.append(Note("a region of no view", f"{where}: metadata.{key}", boxes=1))
            continue
        own = regions.setdefault(str(view), [])
        try:
            if region["xy"]:
                own.append((shape_of_version_3(region["xy"]), _values(content, region, titles)))
        except JSON_ERRORS as error:
            own.append(({}, {}))
            problems.setdefault(str(view), f"{json_words(error)}: '{shortened(key)}'")
    for number, view in content["view"].items():
        own = regions.pop(number, [])
        names, problem = _shown_file(content, number, view)
        yield Image(file, names, own, problem or problems.get(number, ""))
    losses += [Note("the view of a region is not in the project", f"{where}: view "
                    f"{shortened(number)}", boxes=len(own)) for number, own in regions.items()
               if own]


def _values(content: Mapping[str, Json], region: Mapping[str, Json], titles: Mapping[str, str]
            ) -> dict[str, Json]:
    """The attributes of a region of version 3 by their titles. One of JSON_ERRORS for others."""
    return {titles.get(key, key): _meant(content["attribute"].get(key), value)
            for key, value in region["av"].items()}


def _shown_file(content: Mapping[str, Json], number: str, view: Json
                ) -> tuple[tuple[str, ...], str]:
    """The names of the file that a view of version 3 shows, and what is wrong with it."""
    try:
        files = [content["file"][str(key)] for key in view["fid_list"]]
        names = tuple(dict.fromkeys(str(one[key]) for one in files for key in ("fname", "src")
                                    if one.get(key)))
    except JSON_ERRORS as error:
        return (f"view {number}",), f"it names no file of the project: {json_words(error)}"
    return names or (f"view {number}",), "" if len(files) == 1 else "a view shows several images"


def _meant(attribute: Json, value: Json) -> Json:
    """What the value of an attribute of version 3 says: options have numbers, separated by commas
    where several may be chosen."""
    options = attribute.get("options") if isinstance(attribute, dict) else None
    if not isinstance(options, dict) or not options or not isinstance(value, str):
        return value
    chosen = [str(options.get(key) or key) for key in value.split(",") if key]
    return chosen[0] if len(chosen) == 1 else dict.fromkeys(chosen, True)


def _rows(tree: FileTree, table: str) -> Iterator[Image]:
    """The images of a CSV file, whose rows are regions."""
    found: dict[str, Image] = {}
    with open_text(tree.root / table) as file:
        rows = TableRows(file)
        header = [word.lstrip("#").strip() for word in next(rows, [])]
        name_column, shape_column, attributes_column = map(header.index, COLUMNS)
        for row in rows:
            name = row[name_column] if len(row) > name_column else ""
            image = found.setdefault(name, Image(table, (name,)))
            try:
                shape, attributes = (parse_json(row[column] or "{}")
                                     for column in (shape_column, attributes_column))
                if shape:
                    image.regions.append((shape, attributes))
            except (*JSON_ERRORS, IndexError) as error:
                image.regions.append(({}, {}))
                words = "it has too few columns" if isinstance(error, IndexError) \
                    else json_words(error)
                problem = f"line {rows.line_num}: {words}"
                found[name] = Image(table, (name,), image.regions, image.problem or problem)
    yield from found.values()


def _class_attribute(place: str, images: Iterable[Image]) -> str:
    """The attribute that is the class; "" if no region has any. DataError if none is known."""
    counts: Counter[str] = Counter()
    for image in images:
        for _, attributes in image.regions:
            if isinstance(attributes, dict):
                counts.update(key for key, value in attributes.items() if value not in ("", {}))
    if not counts:
        return ""
    plain = {key: "".join(filter(str.isalnum, key.lower())) for key in counts}
    known = [key for word in CLASS_WORDS for key in counts if plain[key] == word]
    if known or len(counts) == 1:
        return known[0] if known else next(iter(counts))
    raise DataError(f"{place}: the regions have the attributes {shortened(', '.join(counts))}; "
                    "the one that is the class must be called class, label, name, category or "
                    "type")


def _labels(image: Image, where: str, attribute: str) -> Labels | BadEntry:
    """The boxes of an image, or what is wrong with them."""
    boxes: list[Box] = []
    others: Counter[str] = Counter()
    problem = image.problem
    try:
        for shape, attributes in [] if problem else image.regions:
            kind = str(shape["name"])
            found = box_and_mask(kind, shape)
            if found is None:
                others[kind] += 1
                continue
            names = _class_names(attributes, attribute)
            boxes += [Box(name, found[0], mask=found[1]) for name in names]
    except JSON_ERRORS as error:
        problem = json_words(error)
    if problem:
        return BadEntry(f"{where}: is not an image of VIA: {problem}", len(image.regions))
    return Labels(tuple(boxes), notes=tuple(
        Note(f"a region of shape {shortened(kind)} is not a box", where, boxes=count)
        for kind, count in others.items()))


def _class_names(attributes: Json, attribute: str) -> list[str]:
    """The classes of a region: a checkbox may have several. ValueError if it has none."""
    if not attribute:
        return [ONLY_CLASS]
    value = attributes.get(attribute)
    chosen = [key for key, is_on in value.items() if is_on] if isinstance(value, dict) else [value]
    if not chosen or chosen == [None] or not str(chosen[0]).strip():
        raise ValueError("a region says nothing for the attribute "
                         f"{shortened(attribute)}, which is its class")
    return [class_name(str(name).strip()) for name in chosen]
