"""Image look-up by name: which file below a folder a label file means, which may have been written
on another machine, in folders of other names."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from framework.data.datasets.dataset import IMAGE_SUFFIXES, is_image
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, split_of
from framework.data.datasets.label_files import Labels
from framework.data.records.account import BadEntry
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.wording import shortened

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """What is known of the image that a name means.

    name     that a label file has
    image    its path; "" if it is not there, or cannot be told
    shared   how many parts the ends of both have in common: 1 for the file's name alone
    problem  why it cannot be told
    table    the label file
    whole    of several names of an image the longest
    """

    name: str
    image: str = ""
    shared: int = 0
    problem: str = ""
    table: str = ""
    whole: str = ""


def match(tree: FileTree, name: str, near: str, split: str) -> Match:
    """The image that a label file calls `name`, with its ending or without it.

    near   the folder of the label file, from which names often begin
    split  that the label file is of
    Of several images of one file name that counts whose folders are those of the name, from the
    end on; then that in the folder of the split. Those that are left must be copies.
    """
    parts = _parts(name)
    found = _of_file_name(tree, parts[-1]) if parts else []
    plain = _of_address(name)
    if not found and plain != name:
        return replace(match(tree, plain, near, split), name=name)
    direct = composed(os.path.normpath(os.path.join(near, name.replace("\\", "/"))))
    for image in found:
        if direct in (composed(image), os.path.splitext(composed(image))[0]):
            return Match(name, image, len(parts) + 1)
    if not found:
        other = next((file for file in tree.files if parts and not is_image(file)
                      and os.path.basename(file) == parts[-1]), "")
        return Match(name, problem=f"{shortened(other)} has an ending that is not known as that of "
                     "an image" if other else "")
    shared = {image: _num_shared(image, parts) for image in found}
    best = max(shared.values())
    fits = [image for image in found if shared[image] == best]
    if split != UNDIVIDED:
        fits = [image for image in fits if split_of(image) == split] or fits
    if all(are_copies(tree.root / fits[0], tree.root / other) for other in fits[1:]):
        return Match(name, fits[0], best)
    return Match(name, problem=f"{len(fits)} different images have this name: "
                 f"{', '.join(map(shortened, fits[:3]))}; it must be given with its folder")


def _of_address(name: str) -> str:
    """The path of an address, without its query and with its signs decoded: `https://x/my%201.jpg?a`
    is /my 1.jpg. Other names are as they are, but for the signs."""
    path = urlsplit(name).path if "://" in name else name
    return unquote(path)


def apart(matches: Sequence[Match]) -> list[Match]:
    """The matches of a data set, without images that are meant by other names.

    A name with folders may mean an image in other ones, as long as no name of its label file is
    found with its folder, and no other name fits that image.
    """
    owners: dict[str, list[Match]] = {}
    for one in matches:
        if one.image:
            owners.setdefault(one.image, []).append(one)
    with_folders = {one.table for one in matches if _has_folder(one) and one.shared > 1}
    lost: dict[Match, str] = {}
    for image, own in owners.items():
        for one in _others(own):
            other = next(other.name for other in own if other.name != one.name
                         or other.whole != one.whole)
            lost[one] = (f"there is no image in its folder; {shortened(image)} has the same name, "
                         f"and {shortened(other)} fits it")
    for one in matches:
        if one.table in with_folders and one.image and one.shared == 1 and _has_folder(one) \
                and os.path.dirname(one.image):
            lost.setdefault(one, "there is no image in its folder; one of the same name is "
                            f"{shortened(one.image)}, and other names of the file have the "
                            "folders of their images")
    return [replace(one, image="", problem=lost[one]) if one in lost else one for one in matches]


def refuse_of_other_splits(splits: Mapping[str, Sequence[Entry]],
                           labels: dict[Entry, Labels | DataError]) -> None:
    """Put an error in place of the labels that are not an image's own: those of another split than
    its folder is of, where the label file of that split has other boxes for it."""
    own = {entry.image: found.boxes for split, entries in splits.items() for entry in entries
           if split_of(entry.image) == split and isinstance(found := labels[entry], Labels)}
    for split, entries in splits.items():
        for entry in entries:
            found = labels[entry]
            if isinstance(found, Labels) and split_of(entry.image) != split \
                    and own.get(entry.image, found.boxes) != found.boxes:
                labels[entry] = BadEntry(
                    f"{entry.label}: there is no image of this name for {shortened(split)}; "
                    f"{shortened(entry.image)} has other boxes in the labels of "
                    f"{split_of(entry.image)}", len(found.boxes))


def coco_matches(tree: FileTree, path: str, split: str, content: Any) -> dict[str, Match]:
    """The images that a COCO file names. Any: what JSON holds."""
    names = dict.fromkeys(str(image.get("file_name", "")) for image in content["images"]
                          if isinstance(image, dict))
    near = os.path.dirname(path)
    return dict(zip(names, apart([match(tree, name, near, split) for name in names]),
                    strict=True))


def image_folder(tree: FileTree, path: str, matches: Mapping[str, Match]) -> str:
    """The folder that the file names of a COCO file begin from, or that has the first of its
    images. DataError if not one of the images is below the root.
    """
    for one in matches.values():
        parts = PurePath(composed(one.name.replace("\\", "/"))).parts
        if one.image and PurePath(composed(one.image)).parts[-len(parts):] == parts:
            return str(PurePath(*PurePath(one.image).parts[:-len(parts)]))
        if one.image:
            return os.path.dirname(one.image) or "."
    if not matches:
        raise DataError(f"{tree.root / path}: names no image")
    first = next(iter(matches.values()))
    reason = f"; {first.problem}" if first.problem else ""
    raise DataError(f"{tree.root}: none of the {len(matches)} images that {shortened(path)} names "
                    f"is below this folder; the first is {shortened(first.name)}{reason}")


def _others(own: Sequence[Match]) -> list[Match]:
    """Of the names of one image those that are not its own: all, if that cannot be told."""
    if _are_one(own):
        return []
    best = max(one.shared for one in own)
    nearest = [one for one in own if one.shared == best]
    if _are_one(nearest):
        longest = max(map(_whole, nearest), key=len)
        return [one for one in own if not _is_end(_whole(one), longest)]
    return list(own)


def _are_one(own: Sequence[Match]) -> bool:
    """Are the names one name with more or fewer folders before it?"""
    parts = [_whole(one) for one in own]
    longest = max(parts, key=len)
    return all(_is_end(one, longest) for one in parts)


def _whole(one: Match) -> Parts:
    return _parts(one.whole or one.name)


def _is_end(end: Parts, whole: Parts) -> bool:
    return whole[-len(end):] == end


def _has_folder(one: Match) -> bool:
    return len(_parts(one.name)) > 1


def _parts(name: str) -> Parts:
    """The folders and the file of a name of any system, as C:, a and 1.jpg of `C:/a/1.jpg`."""
    path = PurePosixPath(os.path.normpath(composed(name).replace("\\", "/")))
    return tuple(part for part in path.parts if part not in ("/", "//", "..", "."))


def _of_file_name(tree: FileTree, name: str) -> list[str]:
    """The images with this file name, in other letters if there are none, as Windows does not tell
    them apart; those of one ending if the name has none."""
    found = tree.images_by_name.get(name)
    if found is not None:
        return found
    if is_image(name):
        return tree.images_in_any_case.get(composed(name).lower(), [])
    for suffix in IMAGE_SUFFIXES:
        for ending in (suffix, suffix.upper()):
            found = tree.images_by_name.get(name + ending)
            if found is not None:
                return found
    return []


def _num_shared(image: str, parts: Parts) -> int:
    """How many parts are the same from the end on; 1 at least, the names of the files."""
    pairs = zip(reversed(PurePosixPath(composed(image)).parts[:-1]), reversed(parts[:-1]),
                strict=False)
    count = 1
    for own, other in pairs:
        if own != other:
            break
        count += 1
    return count


def are_copies(path: Path, other: Path) -> bool:
    """Have two files the same content? No for those that cannot be read."""
    try:
        return filecmp.cmp(path, other, shallow=False)
    except (OSError, ValueError):       # ValueError: of a name with a zero byte
        return False
