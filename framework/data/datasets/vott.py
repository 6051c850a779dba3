"""VoTT's JSON of version 2: its export of a project, and the files of single images.

Source: microsoft/VoTT, models/applicationState.ts (IAssetMetadata, IRegion) and its export "VoTT
JSON"; openvinotoolkit/datumaro plugins/data_formats/vott_json.py: `boundingBox` has left, top,
width and height in pixels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from framework.data.datasets import around
from framework.data.datasets.coco_masks import Segmentation
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    finite_number,
    json_words,
    stated_size,
)
from framework.data.datasets.named_images import Named, gather, in_listed_order
from framework.data.records.account import BadEntry, Note
from framework.system.wording import shortened

SIDES = ("left", "top", "width", "height")
RECTANGLES = ("RECTANGLE", "SQUARE")
POLYGON = "POLYGON"
Json = Any      # what JSON holds is known only when it is read


def is_file(content: Json) -> bool:
    """Is this a project's export, or the file of one image?"""
    if not isinstance(content, dict):
        return False
    assets = content.get("assets")
    if isinstance(assets, dict):
        return any(map(_is_asset, assets.values()))
    return _is_asset(content)


def _is_asset(item: Json) -> bool:
    return isinstance(item, dict) and isinstance(item.get("asset"), dict) \
        and isinstance(item.get("regions"), list)


def load(tree: FileTree, files: Mapping[str, Json]) -> Dataset:
    """The dataset of such files, by their names relative to the root. The classes are the tags of
    regions, those that a project lists first, in its order.

    A region of several tags is a box for each. Polygons become the boxes around them, which is
    noted; points and lines, and regions without a tag, are left out, with a note for each kind.
    DataError if not one image is there.
    """
    rows: list[Named] = []
    order: list[str] = []
    losses: list[Note] = []
    for file, content in files.items():
        order += _listed_tags(content)
        assets = content["assets"] if isinstance(content.get("assets"), dict) else {"": content}
        for key, item in assets.items():
            place = f"{tree.root / file}#{key}"
            asset = item["asset"] if _is_asset(item) else {}
            names = tuple(name for name in (asset.get("name"), asset.get("path"))
                          if isinstance(name, str) and name)
            if names:
                rows.append(Named(file, names, _labels(item, f"{tree.root / file}#{names[0]}")))
            else:
                losses.append(Note("an asset without an image", place, images=1))
    return gather(tree, rows, "an image that VoTT's file does not name",
                  in_listed_order(order, rows), losses)


def _listed_tags(content: Mapping[str, Json]) -> Iterator[str]:
    tags = content.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("name"), str) and tag["name"].strip():
            yield class_name(tag["name"])


def _labels(item: Mapping[str, Json], place: str) -> Labels | BadEntry:
    """The boxes of an image, or what is wrong with them."""
    regions = item["regions"]
    boxes: list[Box] = []
    kinds: Counter[str] = Counter()
    num_untagged = 0
    try:
        stated = item["asset"].get("size") or {}
        size = stated_size(stated.get("width") or 0, stated.get("height") or 0)
        for region in regions:
            kind = str(region.get("type") or RECTANGLES[0])
            kinds[kind] += 1
            if kind not in (*RECTANGLES, POLYGON):
                continue
            tags = region.get("tags") or ()
            num_untagged += not tags
            boxes += [_box(class_name(tag), region, kind) for tag in tags]
    except JSON_ERRORS as error:
        return BadEntry(f"{place}: is not an image of VoTT: {json_words(error)}", len(regions))
    notes = [Note(f"a region of type {shortened(kind)} is not a box", place, boxes=count)
             for kind, count in kinds.items() if kind not in (*RECTANGLES, POLYGON)]
    if num_untagged:
        notes.append(Note("a region without a tag", place, boxes=num_untagged))
    notes += around.noted(around.REASON, place, kinds[POLYGON])
    return Labels(tuple(boxes), *size, notes=tuple(notes))


def _box(name: str, region: Mapping[str, Json], kind: str) -> Box:
    """One of JSON_ERRORS for what is not a box."""
    points = [(finite_number(point["x"]), finite_number(point["y"]))
              for point in region.get("points") or ()]
    if kind == POLYGON and points:
        return around.of_polygon(name, points)
    x, y, width, height = (finite_number(region["boundingBox"][side]) for side in SIDES)
    return Box(name, (x, y, x + width, y + height), mask=Segmentation())
