"""COCO instances files: one JSON with the images and boxes of a split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from framework.data.datasets import turned_box
from framework.data.datasets.coco_masks import Segmentation, around, read_segmentation
from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.image_names import Match, refuse_of_other_splits
from framework.data.datasets.label_files import (
    JSON_ERRORS,
    Box,
    Labels,
    class_name,
    corners_of,
    finite_number,
    identity_of,
    json_words,
    sound_labels,
    stated_size,
)
from framework.data.records.account import NAMED_BEFORE, BadEntry, Note
from framework.data.records.boxes import Corners
from framework.data.records.list_file import Entry
from framework.definition.values import whole_number
from framework.errors import DataError
from framework.system.json_text import parse_json
from framework.system.text import read_text
from framework.system.wording import shortened

Find = Callable[[str, str], Match]


class Placed(NamedTuple):
    """An image: where it is, what the file says of it, and why it cannot be told where it is.

    Any: what JSON holds.
    """

    place: str
    image: Any
    problem: str


def load(description: Description, place_of: Find | None = None) -> Dataset:
    """A COCO data set:

        splits:
          trainval: {images: train2017, annotations: annotations/instances_train2017.json}

    Classes are named by the number of their category, as result files of COCO want it, and
    shown by its name; `names` chooses and orders categories by name. Images come in the order
    of the file; "iscrowd" makes a box difficult. Polygons and runs are stored with the boxes.

    place_of  finds an image, by its file_name and the annotation file; else it is in the folder
    """
    root = description.root
    place = description.place
    splits: dict[str, list[Entry]] = {}
    labels: dict[Entry, Labels | DataError] = {}
    losses: dict[str, list[Note]] = {}
    categories: dict[str, str] = {}
    files: dict[str, str] = {}
    for split, value in description.splits().items():
        if not isinstance(value, dict) or set(value) != {"images", "annotations"}:
            raise DataError(f"{place}: splits.{split} must hold images (a folder) and annotations")
        tree = _read(description, str(value["annotations"]))
        try:
            own = list(map(_category, tree["categories"]))
            _check_names(own, str(value["annotations"]))
            images = _images(tree, str(value["images"]), str(value["annotations"]), place_of)
            found, losses[split] = _labels(tree, images, str(value["annotations"]))
        except JSON_ERRORS as error:
            raise DataError(f"{shortened(str(value['annotations']))}: is not COCO's format: "
                            f"{json_words(error)}") from None
        _note_categories(own, categories, files, place, str(value["annotations"]))
        splits[split] = list(found)
        labels |= found
    if place_of is not None:
        refuse_of_other_splits(splits, labels)
    names = _chosen(description, categories)
    data = Dataset(root, splits, names, partial(sound_labels, labels), categories, losses=losses)
    return description.finish(data)


def _check_names(own: Sequence[tuple[str, str]], path: str) -> None:
    """DataError for a file without categories, and for two of one name."""
    ids: dict[str, str] = {}
    if not own:
        raise DataError(f"{shortened(path)}: its list of categories is empty; it must have the id "
                        "and the name of each class")
    for number, name in own:
        if ids.setdefault(name, number) != number:
            raise DataError(f"{shortened(path)}: the categories {shortened(ids[name])} and "
                            f"{shortened(number)} have the same name, '{shortened(name)}'; give "
                            "each a name of its own, or both one id")


def _note_categories(own: Sequence[tuple[str, str]], categories: dict[str, str],
                     files: dict[str, str], place: str, path: str) -> None:
    """Add the categories of a file, ids and names, to those of the files before.

    files  that say so, by category
    DataError for an id that is not a number, or that is another name's too.
    """
    for number, name in own:
        if whole_number(number) is None:
            raise DataError(f"{shortened(path)}: a category has the id '{shortened(number)}'; it "
                            "must be a whole number of 32 bits")
        first = files.setdefault(number, path)
        if categories.setdefault(number, name) != name:
            cure = "each category an id of its own" if first == path else \
                "all files of a data set the same ids"
            raise DataError(f"{place}: category {shortened(number)} is '{shortened(name)}' in "
                            f"{shortened(path)}, and '{shortened(categories[number])}' in "
                            f"{shortened(first)}; give {cure}")


def _read(description: Description, path: str) -> Any:
    """Any: what JSON holds."""
    try:
        return parse_json(read_text(description.root / path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{description.root / path}: is not JSON: {error}") from None


def _images(tree: Any, folder: str, path: str, place_of: Find | None
            ) -> list[Placed | Note]:
    """Where each image is, and what the file says of it; a note on one that it says too little of.

    Any: what JSON holds.
    """
    found: list[Placed | Note] = []
    for index, image in enumerate(tree["images"]):
        known = image if isinstance(image, dict) else {}
        if known.get("file_name") in (None, "") or known.get("id") is None:
            found.append(Note("an image without file_name or id", f"{path}: images[{index}]",
                              images=1))
            continue
        name = str(known["file_name"])
        match = place_of(name, path) if place_of is not None else Match(name)
        found.append(Placed(match.image or f"{folder}/{name}", image, match.problem))
    return found


def _by_image(tree: Any, path: str, losses: list[Note]) -> dict[str, list[Any]]:
    """The annotations of each image_id; those that have none go into `losses`.

    Any: what JSON holds.
    """
    items: dict[str, list[Any]] = {}
    for index, item in enumerate(tree["annotations"]):
        if isinstance(item, dict) and item.get("image_id") is not None:
            items.setdefault(identity_of(item["image_id"]), []).append(item)
        else:
            losses.append(Note("an annotation without image_id", f"{path}: annotations[{index}]",
                               boxes=1))
    return items


def _labels(tree: Any, images: Sequence[Placed | Note], path: str
            ) -> tuple[dict[Entry, Labels | DataError], list[Note]]:
    """The boxes of each image, or what is wrong with them; and the boxes of no image.

    An image whose size is not stated has that of its file. Any: what JSON holds.
    """
    found: dict[Entry, Labels | DataError] = {}
    losses: list[Note] = []
    items = _by_image(tree, path, losses)
    used: set[str] = set()
    for one in images:
        if isinstance(one, Note):
            losses.append(one)
            continue
        place, image, problem = one
        identity = identity_of(image["id"])
        entry = Entry(place, f"{path}#{image['id']}")
        own = items.get(identity, ())
        if entry in found or (identity in items and not own):
            losses.append(Note("an image whose id another image has too", entry.image, images=1))
            continue
        if place in used:
            losses.append(Note(NAMED_BEFORE, entry.label, is_loss=False))
        used.add(place)
        items[identity] = []            # of no other image
        try:
            if problem:
                raise DataError(problem)
            size = stated_size(image.get("width") or 0, image.get("height") or 0)
            boxes = tuple(_box(item, size) for item in own)
            found[entry] = Labels(boxes, *size, notes=_notes(own, entry.label))
        except DataError as error:
            found[entry] = BadEntry(f"{entry.label}: {error}", len(own))
        except JSON_ERRORS as error:
            found[entry] = BadEntry(f"{entry.label}: is not COCO's format: "
                                    f"{json_words(error)}", len(own))
    losses += [Note("the image_id is not the id of an image of the file",
                    f"{path}: image_id {shortened(key)}", boxes=len(lost))
               for key, lost in items.items() if lost]
    return found, losses


def _notes(items: Sequence[Any], where: str) -> tuple[Note, ...]:
    """What annotations have that is not stored as it is. Any: what JSON holds."""
    kinds = (("keypoints are not stored", any(item.get("keypoints") for item in items)),
             (turned_box.REASON, any(map(_rotation, items))),
             ("annotations without a bbox have the box around their segmentation",
              not all(item.get("bbox") for item in items)))
    return tuple(Note(words, where, is_loss=False) for words, is_so in kinds if is_so)


def _category(item: Any) -> tuple[str, str]:
    """The id and the name of a category. Any: what JSON holds."""
    identity = identity_of(item["id"])
    try:
        return identity, class_name(item["name"])
    except ValueError:
        raise ValueError(f"the category {shortened(identity)} has the name "
                         f"{shortened(repr(item['name']))}; it must be text") from None


def _box(item: Any, size: tuple[int, int]) -> Box:
    """Any: what JSON holds; size: width and height of the image."""
    mask = read_segmentation(item, *size)
    return Box(identity_of(item["category_id"]), _corners(item, mask),
               bool(finite_number(item.get("iscrowd") or 0)), mask)


def _corners(item: Any, mask: Segmentation) -> Corners:
    """The bbox, the upright box around it if it is turned, or that around the segmentation where
    there is no bbox. Any: what JSON holds."""
    if not item.get("bbox") and (mask.polygons or mask.runs):
        return around(mask)
    return turned_box.around_turned(corners_of(item["bbox"]), _rotation(item))


def _rotation(item: Any) -> float:
    """The degrees by which CVAT's rectangle is turned about its middle, among the attributes.

    Source: cvat/apps/dataset_manager/bindings.py, which all its exports by Datumaro go through.
    Any: what JSON holds.
    """
    attributes = item.get("attributes")
    return finite_number(attributes.get("rotation") or 0) if isinstance(attributes, dict) else 0.0


def _chosen(description: Description, categories: Mapping[str, str]) -> list[str]:
    """The numbers of the chosen categories, as text."""
    numbers = {name: number for number, name in categories.items()}
    ordered = sorted(categories, key=int)
    names = description.names(categories[number] for number in ordered)
    for name in names:
        if name not in numbers:
            raise DataError(
                f"{description.place}: names has '{shortened(name)}', which is not a category; "
                f"there are {shortened(', '.join(sorted(numbers)))}"
            )
    return [numbers[name] for name in names]
