"""The net as one HTML page without anything from a network: facts as JSON, style and scripts.

Names of layers are text of strangers: the JSON has no character that HTML reads as markup, the
script sets text only, and the page's policy allows that script, known by its hash, and no
connection.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from framework.net.summary import shape_text
from framework.report.net_page.compare import counts
from framework.report.net_page.drawing import (
    FAMILIES,
    OTHER_FAMILY,
    detail_of,
    detail_of_group,
    markup,
)
from framework.report.net_page.graph import Graph, Node
from framework.report.net_page.groups import Group, folded_at_first
from framework.system.wording import human

HERE = Path(__file__).parent
SCRIPTS = ("layout.js", "state.js", "folding.js", "drawing.js", "links.js", "boxes.js",
           "choosing.js", "panel.js", "view.js", "pointer.js", "search.js", "keys.js", "page.js")
"""One script in this order: page.js, which begins to draw, is last."""
MARKUP = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def to_page(graph: Graph, groups: Sequence[Group], unfolded: bool = False) -> str:
    """The page's HTML. `unfolded`: no group is folded at first."""
    folded = folded_at_first(graph, groups, unfolded)
    text = json.dumps(_facts(graph, groups, folded), separators=(",", ":"))
    data = text.translate(MARKUP)
    script = "\n".join((HERE / name).read_text("utf-8") for name in SCRIPTS)
    parts = {"title": markup(graph.title), "style": (HERE / "page.css").read_text("utf-8"),
             "hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
             "data": data, "script": script}
    pieces = (HERE / "page.html").read_text("utf-8").split("@@")
    # the odd pieces are names: nothing that was filled in is looked through again
    return "".join(parts[piece] if index % 2 else piece for index, piece in enumerate(pieces))


def _facts(graph: Graph, groups: Sequence[Group], folded: set[int]) -> dict[str, Any]:
    totals = (f"{len(graph.nodes)} layers, "
              f"{human(sum(node.parameters for node in graph.nodes))} parameters, "
              f"{human(sum(node.multiply_adds for node in graph.nodes))} multiply-adds")
    if graph.compared:
        totals = f"{len(graph.nodes)} layers of both: {counts(graph)}"
    return {
        "title": graph.title, "path": graph.path, "phase": graph.phase, "note": graph.note,
        "compared": graph.compared, "totals": totals,
        "nodes": [_node_facts(node) for node in graph.nodes],
        "edges": graph.edges, "sides": graph.sides,
        "groups": [{"name": group.name, "first": group.first, "end": group.end,
                    "parent": group.parent, "like": group.like,
                    "facts": _group_facts(graph.nodes[group.first:group.end])}
                   for group in groups],
        "folded": sorted(folded),
    }


def _node_facts(node: Node) -> dict[str, Any]:
    facts: list[tuple[str, str]] = [("file", node.place)]
    facts += [("from", composite) for composite in node.composites]
    facts += [("bottom", blob) for blob in node.bottoms]
    facts += [("top", f"{blob}: {shape_text(shape)}") for blob, shape in node.tops]
    facts += [("blob", f"{name}: {shape_text(shape)}") for name, shape in node.blobs]
    if node.parameters:
        facts.append(("parameters", f"{node.parameters:,}"))
    if node.multiply_adds:
        facts.append(("multiply-adds", f"{node.multiply_adds:,}"))
    if node.sees is not None:
        width, height = node.sees
        facts.append(("receptive field", f"{width:.4g} x {height:.4g} pixels (width x height)"))
    shown: dict[str, Any] = {
        "name": node.name, "detail": detail_of(node), "type": node.type,
        "colour": FAMILIES.get(node.family, OTHER_FAMILY), "facts": facts,
        "fields": [(name, value) for name, value in node.fields.items()
                   if not name.startswith(("bottom[", "top["))]}
    if node.status:
        shown |= {"status": node.status, "changes": node.changes}
    if node.before is not None:
        shown["before"] = detail_of(node.before)
    if node.weights:
        shown["weights"] = node.weights
    return shown


def _group_facts(nodes: Sequence[Node]) -> dict[str, str]:
    parameters = sum(node.parameters for node in nodes)
    products = sum(node.multiply_adds for node in nodes)
    return {"layers": str(len(nodes)), "parameters": f"{parameters:,}",
            "short": detail_of_group(nodes),
            "multiply-adds": f"{products:,}"}
