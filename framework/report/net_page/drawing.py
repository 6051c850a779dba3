"""A net as SVG, and as PNG by OpenCV: what the page shows at first, without a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import cv2
import numpy as np

from framework.errors import CaffeError
from framework.report.net_page.graph import Graph, Node
from framework.report.net_page.groups import Group, View, folded_at_first, view
from framework.report.net_page.layout import HEIGHT, WIDTH, Layout, lay_out
from framework.system.wording import human

MARGIN = 24.0
NAME_LETTERS, DETAIL_LETTERS = 23, 32      # that fit into a box
MOST_PIXELS = 200_000_000
# of the left edge of a box: told apart by people who see few colours as well
FAMILIES = {"data": "#0072b2", "activation": "#009e73", "normalization": "#b8860b",
            "ssd": "#56408c",
            **dict.fromkeys(("vision", "pooling", "resampling", "low_precision"), "#d55e00"),
            **dict.fromkeys(("loss", "metric", "accuracy"), "#cc3399")}
OTHER_FAMILY = "#5c6670"
STATUS = {"added": "#d7f0dd", "removed": "#f9dcdc", "changed": "#fdf0c4", "reshaped": "#e3ecf9"}
STATUS_EDGE = {"added": "#1a7f37", "removed": "#b42318", "changed": "#8a6100",
               "reshaped": "#3b6ea8"}
INK, FAINT, LINE, BOX, EDGE = "#1b1f24", "#4d5761", "#8c959f", "#ffffff", "#c4cbd3"
GROUP = "#eef1f5"


@dataclass(frozen=True)
class Box:
    """Text and colours of a box."""

    name: str
    detail: str
    colour: str
    status: str
    is_group: bool


def boxes_of(graph: Graph, groups: Sequence[Group], indices: Sequence[int]) -> list[Box]:
    """The boxes of a View."""
    boxes = []
    for index in indices:
        if index >= 0:
            node = graph.nodes[index]
            boxes.append(Box(node.name, detail_of(node), FAMILIES.get(node.family, OTHER_FAMILY),
                             node.status, False))
            continue
        group = groups[-1 - index]
        members = graph.nodes[group.first:group.end]
        changed = any(node.status for node in members)
        boxes.append(Box(group.name, detail_of_group(members), OTHER_FAMILY,
                         "changed" if changed else "", True))
    return boxes


def detail_of(node: Node) -> str:
    """The second line of a layer's box: its type and the shape of its first top."""
    shape = "x".join(map(str, node.tops[0][1])) if node.tops else ""
    return f"{node.type} {shape}".strip()


def detail_of_group(members: Sequence[Node]) -> str:
    """The second line of a folded group's box."""
    parameters = sum(node.parameters for node in members)
    return f"{len(members)} layers, {human(parameters)} parameters"


def shortened(text: str, letters: int) -> str:
    """The text, its middle left out where it is longer."""
    if len(text) <= letters:
        return text
    return f"{text[:letters // 2]}…{text[len(text) - (letters - letters // 2 - 1):]}"


def _laid_out(graph: Graph, groups: Sequence[Group], unfolded: bool) -> tuple[View, Layout]:
    """What is seen at first, and where."""
    seen = view(graph, groups, folded_at_first(graph, groups, unfolded))
    return seen, lay_out(len(seen.boxes), seen.edges)


def to_svg(graph: Graph, groups: Sequence[Group], unfolded: bool = False) -> str:
    """The drawing as an SVG file."""
    seen, layout = _laid_out(graph, groups, unfolded)
    width, height = (size + 2 * MARGIN for size in layout.size)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" '
             f'height="{height:g}" viewBox="{-MARGIN:g} {-MARGIN:g} {width:g} {height:g}" '
             'font-family="system-ui, sans-serif">',
             f"<title>{markup(graph.title)}</title>",
             f'<clipPath id="inside"><rect width="{WIDTH - 3:g}" height="{HEIGHT:g}"/></clipPath>',
             f'<rect x="{-MARGIN:g}" y="{-MARGIN:g}" width="100%" height="100%" fill="#fff"/>',
             f'<path fill="none" stroke="{LINE}" stroke-width="1.5" d="{_edge_path(layout)}"/>',
             f'<path fill="{LINE}" d="{_arrow_path(layout)}"/>']
    for index, box in enumerate(boxes_of(graph, groups, seen.boxes)):
        lines += _svg_box(box, layout.x[index] - WIDTH / 2, layout.y(index))
    return "\n".join([*lines, "</svg>", ""])


def _svg_box(box: Box, x: float, y: float) -> Iterator[str]:
    fill = STATUS.get(box.status, GROUP if box.is_group else BOX)
    edge = STATUS_EDGE.get(box.status, EDGE)
    yield (f'<g transform="translate({x:g} {y:g})"><title>{markup(box.name)}: {markup(box.detail)}'
           f'</title><rect width="{WIDTH:g}" height="{HEIGHT:g}" rx="6" fill="{fill}" '
           f'stroke="{edge}"/><rect width="5" height="{HEIGHT:g}" rx="2" fill="{box.colour}"/>')
    yield (f'<text x="12" y="18" font-size="12" font-weight="600" fill="{INK}" '
           f'clip-path="url(#inside)">'
           f'{markup(shortened(box.name, NAME_LETTERS))}</text>')
    yield (f'<text x="12" y="35" font-size="11" fill="{FAINT}" clip-path="url(#inside)">'
           f'{markup(shortened(box.detail, DETAIL_LETTERS))}</text></g>')


def markup(text: str) -> str:
    """Text of strangers as XML or HTML: escaped, and without characters that these do not have."""
    return escape("".join(letter if letter.isprintable() else "\ufffd" for letter in text))


def _points(layout: Layout, link: tuple[int, int]) -> tuple[float, float, float, float]:
    """Start and end of a link: a box's lower edge or a lane's, and the upper edge of the next."""
    upper, lower = link
    return (layout.x[upper], layout.y(upper) + HEIGHT, layout.x[lower], layout.y(lower))


def _edge_path(layout: Layout) -> str:
    parts = []
    for link in layout.links:
        x, y, end_x, end_y = _points(layout, link)
        middle = (y + end_y) / 2
        parts.append(f"M{x:g} {y:g}C{x:g} {middle:g} {end_x:g} {middle:g} {end_x:g} {end_y:g}")
        if link[1] >= layout.num_boxes:
            parts.append(f"v{HEIGHT:g}")
    return "".join(parts)


def _arrow_path(layout: Layout) -> str:
    ends = dict.fromkeys(_points(layout, link)[2:] for link in layout.links
                         if link[1] < layout.num_boxes)
    return "".join(f"M{x - 4:g} {y - 7:g}h8l-4 7z" for x, y in ends)


def to_png(graph: Graph, groups: Sequence[Group], unfolded: bool = False) -> bytes:
    """The drawing as a PNG file. Letters that OpenCV cannot write are escaped, as \\u4e2d.

    Raises CaffeError for a net that would be an image of more than MOST_PIXELS.
    """
    seen, layout = _laid_out(graph, groups, unfolded)
    width, height = (round(size + 2 * MARGIN) for size in layout.size)
    if width * height > MOST_PIXELS:
        raise CaffeError(f"the drawing of {graph.path} would have {width} x {height} pixels; as "
                         ".svg or .html it can be written, or folded")
    image = np.full((height, width, 3), 255, np.uint8)
    for link in layout.links:
        x, y, end_x, end_y = _points(layout, link)
        t = np.linspace(0, 1, 17)
        curve = [x + (end_x - x) * (3 * t**2 - 2 * t**3),
                 y + (end_y - y) * (1.5 * t - 1.5 * t**2 + t**3)]
        if link[1] >= layout.num_boxes:
            curve = [np.append(curve[0], end_x), np.append(curve[1], end_y + HEIGHT)]
        else:
            tip = np.array([[end_x - 4, end_y - 7], [end_x + 4, end_y - 7], [end_x, end_y]])
            cv2.fillPoly(image, [np.rint(tip + MARGIN).astype(np.int32)], _bgr(LINE), cv2.LINE_AA)
        points = np.rint(np.stack(curve, axis=1) + MARGIN).astype(np.int32)
        cv2.polylines(image, [points], False, _bgr(LINE), 1, cv2.LINE_AA)
    for index, box in enumerate(boxes_of(graph, groups, seen.boxes)):
        _paint_box(image, box, layout.x[index] - WIDTH / 2 + MARGIN, layout.y(index) + MARGIN)
    done, content = cv2.imencode(".png", image)
    assert done
    return content.tobytes()


def _paint_box(image: np.ndarray, box: Box, x: float, y: float) -> None:
    left, top = round(x), round(y)
    right, bottom = round(x + WIDTH), round(y + HEIGHT)
    fill = STATUS.get(box.status, GROUP if box.is_group else BOX)
    cv2.rectangle(image, (left, top), (right, bottom), _bgr(fill), -1)
    cv2.rectangle(image, (left, top), (right, bottom),
                  _bgr(STATUS_EDGE.get(box.status, EDGE)), 1, cv2.LINE_AA)
    cv2.rectangle(image, (left, top), (left + 5, bottom), _bgr(box.colour), -1)
    for text, letters, size, base, colour in ((box.name, NAME_LETTERS, 0.42, 18, INK),
                                              (box.detail, DETAIL_LETTERS, 0.34, 35, FAINT)):
        plain = text.encode("ascii", "backslashreplace").decode()
        plain = "".join(letter if letter.isprintable() else "?" for letter in plain)
        plain = shortened(plain, letters).replace("…", "..")
        cv2.putText(image, plain, (left + 12, top + base), cv2.FONT_HERSHEY_SIMPLEX, size,
                    _bgr(colour), 1, cv2.LINE_AA)


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start:start + 2], 16) for start in (1, 3, 5))
    return blue, green, red
