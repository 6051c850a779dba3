"""Two nets as one graph: layers of the same name together, differences marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from framework.net.summary import shape_text
from framework.report.net_page.graph import AFTER, BEFORE, Graph, Node

Key = tuple[str, int]       # name, and which of the layers of that name


def compare(before: Graph, after: Graph) -> Graph:
    """The layers of both: those of `after` in its order, and those that only `before` has after
    the layer that they followed there.

    Status: added (only in `after`), removed (only in `before`), changed (type or fields),
    reshaped (only the shapes of tops or blobs).
    """
    old = dict(zip(_keys(before.nodes), before.nodes, strict=True))
    new = dict(zip(_keys(after.nodes), after.nodes, strict=True))
    merged = _merged(list(old), list(new))
    nodes = [_marked(old.get(key), new.get(key)) for key in merged]
    position = {key: index for index, key in enumerate(merged)}
    edges: Counter[tuple[int, int, str]] = Counter()
    for graph, keys, side in ((before, list(old), BEFORE), (after, list(new), AFTER)):
        for maker, reader, blob in graph.edges:
            edges[position[keys[maker]], position[keys[reader]], blob] += side
    return Graph(after.title, before.path, after.phase, nodes, list(edges),
                 "; ".join(dict.fromkeys(note for note in (before.note, after.note) if note)),
                 after.path, list(edges.values()))


def counts(graph: Graph) -> str:
    """`2 added, 1 removed, 3 changed, 9 reshaped` of a comparison."""
    found = Counter(node.status for node in graph.nodes)
    return ", ".join(f"{found[status]} {status}"
                     for status in ("added", "removed", "changed", "reshaped"))


def _keys(nodes: Sequence[Node]) -> list[Key]:
    seen: Counter[str] = Counter()
    keys = []
    for node in nodes:
        keys.append((node.name, seen[node.name]))
        seen[node.name] += 1
    return keys


def _merged(old: Sequence[Key], new: Sequence[Key]) -> list[Key]:
    kept = set(new)
    removed: dict[Key | None, list[Key]] = {}
    last: Key | None = None
    for key in old:
        if key in kept:
            last = key
        else:
            removed.setdefault(last, []).append(key)
    result = list(removed.get(None, []))
    for key in new:
        result += [key, *removed.get(key, [])]
    return result


def _marked(old: Node | None, new: Node | None) -> Node:
    if new is None:
        assert old is not None
        return replace(old, status="removed")
    if old is None:
        return replace(new, status="added")
    changes = _differences({"type": old.type, **old.fields}, {"type": new.type, **new.fields})
    shapes = _differences(_shapes(old), _shapes(new))
    status = ""
    if changes or shapes:
        status = "changed" if changes else "reshaped"
    return replace(new, status=status, changes=changes + shapes, before=old)


def _shapes(node: Node) -> dict[str, str]:
    """Shapes by index: names of tops are fields, which are compared already."""
    shapes = {f"shape of top {index}": shape for index, (_, shape) in enumerate(node.tops)}
    shapes |= {f"shape of {name}": shape for name, shape in node.blobs}
    return {name: shape_text(shape) for name, shape in shapes.items()}


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Field, value before and after; "" where it is not set."""
    names = dict.fromkeys([*old, *new])
    return [(name, old.get(name, ""), new.get(name, "")) for name in names
            if old.get(name) != new.get(name)]
