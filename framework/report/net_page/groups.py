"""Groups of layers that fold: composites, and runs of names with one number or folder.

`conv1_1`, `relu1_1` and `pool1` share the number 1; `res4b1_branch2a` and `bn4b1_branch2a` the
stage 4 and in it the block 4b1; `inception_3a/1x1` is in the folder inception_3a. Only layers
that follow one another are a group: then no path leaves it and comes back, and the folded graph
still has no cycles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from framework.report.net_page.graph import Graph, Node

NUMBERED = re.compile(r"([^\d/.]*?)(\d+)([a-z]\d*)?(?=$|[^A-Za-z0-9])")
SEPARATORS = re.compile(r"[/.]")
SHOWN_AT_FIRST = 150    # boxes, about: as many as a first look takes in


@dataclass(frozen=True)
class Group:
    """Layers `first` up to, not including, `end`. parent: index of the group around it, or -1.

    like    how many groups have the same types of layers in the same order, this one included
    """

    name: str
    first: int
    end: int
    parent: int
    depth: int
    like: int = 1


def keys_of(node: Node) -> list[tuple[str, str]]:
    """The groups that a layer may be in, outermost first: what they share, and their name."""
    keys = [(composite, composite) for composite in node.composites]
    word = ""
    rest = node.name
    if found := NUMBERED.match(node.name):
        word, stage, block = found.groups()
        rest = node.name[len(word):]
        keys.append((stage, word + stage))
        if block:
            keys.append((stage + block, word + stage + block))
    folders = [match.start() for match in SEPARATORS.finditer(rest)]
    keys += [(rest[:end], word + rest[:end]) for end in folders
             if end and (rest[:end], word + rest[:end]) not in keys]
    return keys


def find_groups(nodes: Sequence[Node]) -> list[Group]:
    """All groups, each after the one around it."""
    keys = [keys_of(node) for node in nodes]
    groups: list[Group] = []
    _collect(keys, 0, len(nodes), 0, -1, groups)
    shapes = [tuple(node.type for node in nodes[group.first:group.end]) for group in groups]
    counts = {shape: shapes.count(shape) for shape in set(shapes)}
    return [Group(group.name, group.first, group.end, group.parent, group.depth, counts[shape])
            for group, shape in zip(groups, shapes, strict=True)]


def _collect(keys: Sequence[Sequence[tuple[str, str]]], first: int, end: int, level: int,
             parent: int, groups: list[Group]) -> None:
    """Append the runs of layers first ... end that share their key of `level`, and those in them.

    A run of one layer, and one that is all of what is around it, is not a group of its own.
    """
    for key, start, stop in _runs(keys, first, end, level):
        if not key:
            continue
        inside = parent
        if stop - start > 1 and (start, stop) != (first, end):
            inside = len(groups)
            depth = groups[parent].depth + 1 if parent >= 0 else 0
            groups.append(Group(keys[start][level][1], start, stop, parent, depth))
        _collect(keys, start, stop, level + 1, inside, groups)


def _runs(keys: Sequence[Sequence[tuple[str, str]]], first: int, end: int, level: int
          ) -> Iterator[tuple[str, int, int]]:
    def key(index: int) -> str:
        return keys[index][level][0] if len(keys[index]) > level else ""

    for value, members in groupby(range(first, end), key):
        indices = list(members)
        yield value, indices[0], indices[-1] + 1


def folded_at_first(graph: Graph, groups: Sequence[Group], unfolded: bool = False) -> set[int]:
    """The groups that are folded where a net is first shown: the deepest level of which about
    SHOWN_AT_FIRST boxes are left; none if it shall be shown `unfolded`."""
    if unfolded or len(graph.nodes) <= SHOWN_AT_FIRST:
        return set()
    for depth in range(max((group.depth for group in groups), default=-1), 0, -1):
        folded = {index for index, group in enumerate(groups) if group.depth == depth}
        hidden = sum(groups[index].end - groups[index].first - 1 for index in folded)
        if len(graph.nodes) - hidden <= SHOWN_AT_FIRST:
            return {index for index, group in enumerate(groups) if group.depth >= depth}
    return set(range(len(groups)))


@dataclass(frozen=True)
class View:
    """What is seen with some groups folded: boxes in order (indices of nodes, or -1 - index of a
    folded group), and edges between boxes."""

    boxes: list[int]
    edges: list[tuple[int, int]]


def view(graph: Graph, groups: Sequence[Group], folded: set[int]) -> View:
    """The boxes and edges with those groups folded; the outermost folded one counts."""
    cover = [0] * len(graph.nodes)
    covered = [False] * len(graph.nodes)
    for index, group in enumerate(groups):
        if index in folded and not covered[group.first]:
            for member in range(group.first, group.end):
                cover[member] = -1 - index
                covered[member] = True
    boxes = list(dict.fromkeys(cover[index] if covered[index] else index
                               for index in range(len(graph.nodes))))
    position = {box: index for index, box in enumerate(boxes)}

    def box_of(index: int) -> int:
        return position[cover[index] if covered[index] else index]

    edges = dict.fromkeys((box_of(maker), box_of(reader)) for maker, reader, _ in graph.edges)
    return View(boxes, [(maker, reader) for maker, reader in edges if maker != reader])
