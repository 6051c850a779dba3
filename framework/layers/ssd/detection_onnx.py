"""DetectionOutput as ONNX operators of static shapes, for any number of detections, none too.

The best `top_k` scores of each class and their boxes go through one NonMaxSuppression, whose
batch is that of images times classes. Its result, the only list of unknown length, becomes a
dense mask over the candidates. TopK by score keeps the best of an image, and a second TopK by
index brings them back into the order of classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from framework.layers.onnx_graph import END, OnnxGraph
from framework.ops.boxes import CENTER_SIZE, CORNER_SIZE

LOWEST = torch.finfo(torch.float32).min
EXACT = 2**24       # below it float32 holds every whole number


@dataclass(frozen=True)
class Detections:
    """What DetectionOutput's fields and shapes say.

    classes      labels of the score columns that count, without the background
    num_classes  with the background
    loc_classes  1, or num_classes: boxes of each prior
    class_limit, image_limit  negative: all
    clip         boxes end at 0 and 1, before they are compared
    """

    classes: list[int]
    num_classes: int
    loc_classes: int
    num_priors: int
    code: int
    variance_in_target: bool
    score: float
    threshold: float
    class_limit: int
    image_limit: int
    clip: bool

    @property
    def num_candidates(self) -> int:
        """Of one class."""
        limit = self.class_limit
        return self.num_priors if limit < 0 else min(limit, self.num_priors)

    @property
    def num_kept(self) -> int:
        """Rows of one image."""
        most = len(self.classes) * self.num_candidates
        return most if self.image_limit < 0 else min(self.image_limit, most)


def rows_onnx(graph: OnnxGraph, corners: str, scores: str, rule: Detections) -> str:
    """The top (1, 1, N * num_kept, 7); rows without a detection are (image, -1, ..., -1).

    corners  (N, P, loc_classes, 4)
    scores   (N, P, num_classes)
    """
    number, image = rule.num_candidates, graph.image_numbers(scores)
    by_class = graph.add("Transpose", scores, perm=[0, 2, 1])
    by_class = graph.add("Gather", by_class, graph.integers(rule.classes), axis=1)
    best, prior = graph.add_several("TopK", 2, by_class, graph.integers([number]), axis=2)
    boxes = _gather_boxes(graph, corners, image, prior, rule)
    mask = _kept(graph, boxes, best, rule)
    filler = graph.floats(-1.0 if rule.score >= -1 else LOWEST)
    flat = graph.reshape(best, [0, -1])
    ranked = graph.add("Where", mask, flat, filler)
    limit = graph.integers([rule.num_kept])
    top, place = graph.add_several("TopK", 2, ranked, limit, axis=1)
    used = graph.add("Greater", top, filler)
    place, top, used = _in_order_of_classes(graph, place, top, used, rule)
    label = graph.add("Gather", graph.floats([float(one) for one in rule.classes]),
                      graph.add("Div", place, graph.integers(number)), axis=0)
    offset = graph.add("Mul", image, graph.integers(len(rule.classes) * number))
    box = graph.add("Gather", graph.reshape(boxes, [-1, 4]),
                    graph.add("Add", place, offset), axis=0)
    last = graph.integers([2])
    columns = [graph.add("Unsqueeze", one, last) for one in (label, top)]
    found = graph.add("Concat", *columns, box, axis=2)
    found = graph.add("Where", graph.add("Unsqueeze", used, last), found, graph.floats(-1.0))
    items = graph.add("Add", graph.add("Mul", place, graph.integers(0)), image)
    items = graph.add("Unsqueeze", graph.add("Cast", items, to=1), last)
    return graph.reshape(graph.add("Concat", items, found, axis=2), [1, 1, -1, 7])


def _gather_boxes(graph: OnnxGraph, corners: str, image: str, prior: str, rule: Detections) -> str:
    """The boxes (N, F, K, 4) of the candidates (N, F, K), F classes."""
    if rule.loc_classes > 1:
        corners = graph.add("Transpose", corners, perm=[0, 2, 1, 3])
        corners = graph.add("Gather", corners, graph.integers(rule.classes), axis=1)
        lists = graph.add("Mul", image, graph.integers(len(rule.classes)))
        lists = graph.add("Add", lists, graph.integers([list(range(len(rule.classes)))]))
    else:
        lists = image
    start = graph.add("Mul", lists, graph.integers(rule.num_priors))
    start = graph.add("Unsqueeze", start, graph.integers([2]))
    index = graph.add("Add", prior, start)
    return graph.add("Gather", graph.reshape(corners, [-1, 4]), index, axis=0)


def _kept(graph: OnnxGraph, boxes: str, scores: str, rule: Detections) -> str:
    """Which candidates (N, F * K) remain after the suppression, bool."""
    number = rule.num_candidates
    boxes = graph.reshape(boxes, [-1, number, 4])
    if rule.code != CENTER_SIZE:        # sides may be negative, which ONNX takes for a corner order
        low, high = graph.cut(boxes, 2, 0, 2), graph.cut(boxes, 2, 2, 4)
        boxes = graph.add("Concat", low, graph.add("Max", low, high), axis=2)
    lists = graph.reshape(scores, [-1, number])
    marks = kept_onnx(graph, boxes, lists, graph.integers([number]), rule.score, rule.threshold)
    return graph.reshape(marks, [-1, len(rule.classes) * number])


def kept_onnx(graph: OnnxGraph, boxes: str, scores: str, count: str, score: float,
              threshold: float, most: int | None = None) -> str:
    """Which boxes of each list remain after the suppression: bool (L, K).

    boxes   (L, K, 4)
    scores  (L, K); only those above `score` count
    count   K, as int64 (1,)
    most    the number that remain at most of a list; None: all
    """
    limit = count if most is None else graph.integers([most])
    selected = graph.add(
        "NonMaxSuppression", boxes, graph.add("Unsqueeze", scores, graph.integers([1])), limit,
        graph.floats([min(threshold, 1.0)]), graph.floats([score]))
    first = graph.add("Gather", selected, graph.integers(0), axis=1)
    index = graph.add("Add", graph.add("Mul", first, count),
                      graph.add("Gather", selected, graph.integers(2), axis=1))
    flat = graph.reshape(scores, [-1])
    # one slot more, which is always written, so that the list is never empty
    spare = graph.add("Shape", flat)
    index = graph.add("Concat", index, spare, axis=0)
    zero = graph.add("Mul", graph.cut(flat, 0, 0, 1), graph.floats(0.0))
    blank = graph.add("Expand", zero, graph.add("Add", spare, graph.integers(1)))
    ones = graph.add("Cast", graph.add("Equal", index, index), to=1)
    marks = graph.add("ScatterElements", blank, index, ones, axis=0)
    marks = graph.add("Slice", marks, graph.integers([0]), spare)
    marks = graph.add("Reshape", marks, graph.add("Shape", scores))
    return graph.add("Greater", marks, graph.floats(0.5))


def _in_order_of_classes(graph: OnnxGraph, place: str, score: str, used: str, rule: Detections
                         ) -> tuple[str, str, str]:
    """Index, score and use (N, keep) of an image's rows by index, unused rows last."""
    total = len(rule.classes) * rule.num_candidates
    behind = graph.add("Add", place, graph.integers(total))
    key = graph.add("Where", used, place, behind)
    if 2 * total < EXACT:       # more runtimes sort floats
        key = graph.add("Cast", key, to=1)
    _, turn = graph.add_several("TopK", 2, graph.add("Neg", key),
                                graph.integers([rule.num_kept]), axis=1)
    place, score = (graph.add("GatherElements", one, turn, axis=1) for one in (place, score))
    flags = graph.add("GatherElements", graph.add("Cast", used, to=1), turn, axis=1)
    return place, score, graph.add("Greater", flags, graph.floats(0.5))


def decode_onnx(graph: OnnxGraph, offsets: str, priors: str, variances: str,
                rule: Detections) -> str:
    """As framework.ops.boxes.decode: corners in the shape of `offsets`, (N, P, loc_classes, 4).

    priors, variances  (1 or N, P, 1, 4)
    """
    if not rule.variance_in_target:
        offsets = graph.add("Mul", variances, offsets)
    if rule.code != CENTER_SIZE:
        if rule.code == CORNER_SIZE:
            size = graph.add("Sub", graph.cut(priors, 3, 2, END), graph.cut(priors, 3, 0, 2))
            offsets = graph.add("Mul", offsets, graph.add("Concat", size, size, axis=3))
        return graph.add("Add", priors, offsets)
    low, high = graph.cut(priors, 3, 0, 2), graph.cut(priors, 3, 2, END)
    half = graph.floats(0.5)
    size = graph.add("Sub", high, low)
    center = graph.add("Mul", graph.add("Add", low, high), half)
    moved = graph.add("Mul", graph.cut(offsets, 3, 0, 2), size)
    middle = graph.add("Add", moved, center)
    grown = graph.add("Mul", graph.add("Exp", graph.cut(offsets, 3, 2, END)), size)
    grown = graph.add("Mul", grown, half)
    return graph.add("Concat", graph.add("Sub", middle, grown),
                     graph.add("Add", middle, grown), axis=3)
