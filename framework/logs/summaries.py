"""Summaries of TensorBoard: scalars, histograms, images, a graph, hyperparameters.

Every function returns a message of event.proto (Any: known only at run time).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.logs.event_file import schema

GRAPH_PRODUCER = 22     # the version of GraphDef that a reader has to know

Setting = float | str | bool


def scalars(values: Mapping[str, float]) -> Any:
    """Numbers by tag."""
    return schema().find("Summary")(value=[{"tag": tag, "simple_value": value}
                                           for tag, value in values.items()])


@dataclass(frozen=True)
class Histogram:
    """Numbers counted in buckets of equal width, from `low` to `high`.

    counts  (buckets,) how many are in each
    total, squares  the sum of the numbers, and of their squares
    """

    counts: NDArray[Any]        # Any: counts come as whole numbers or floats
    low: float
    high: float
    total: float
    squares: float


def histograms(values: Mapping[str, Histogram]) -> Any:
    """Histograms by tag."""
    return schema().find("Summary")(value=[{"tag": tag, "histo": {
        "min": one.low, "max": one.high, "num": float(one.counts.sum()), "sum": one.total,
        "sum_squares": one.squares,
        "bucket_limit": np.linspace(one.low, one.high, len(one.counts) + 1)[1:].tolist(),
        "bucket": one.counts.tolist()}} for tag, one in values.items()])


def image(tag: str, height: int, width: int, encoded: bytes) -> Any:
    """An image in colour, as PNG or JPEG."""
    return schema().find("Summary")(value=[{"tag": tag, "image": {
        "height": height, "width": width, "colorspace": 3, "encoded_image_string": encoded}}])


@dataclass(frozen=True)
class Node:
    """A node of a graph.

    name    unique; slashes make groups
    kind    its operation
    inputs  names of the nodes whose outputs it reads
    shapes  of its outputs
    text    what is shown beside it
    """

    name: str
    kind: str
    inputs: Sequence[str]
    shapes: Sequence[Sequence[int]]
    text: str


def graph(nodes: Sequence[Node]) -> bytes:
    """A graph, as the field graph_def of an Event has it."""
    def entry(node: Node) -> dict[str, Any]:    # Any: the fields of a message
        shapes = [{"dim": [{"size": size} for size in shape]} for shape in node.shapes]
        attributes = [{"key": "_output_shapes", "value": {"list": {"shape": shapes}}},
                      {"key": "prototxt", "value": {"s": node.text.encode()}}]
        return {"name": node.name, "op": node.kind, "input": node.inputs, "attr": attributes}

    made = schema().find("GraphDef")(node=[entry(node) for node in nodes],
                                     versions={"producer": GRAPH_PRODUCER})
    return bytes(made.SerializeToString())


def experiment(settings: Mapping[str, Setting], metrics: Sequence[str]) -> Any:
    """What TensorBoard's table of hyperparameters shows: their names, and tags of scalars."""
    infos = [{"name": name, "type": _kind(value)} for name, value in settings.items()]
    return _hyperparameters("experiment", {
        "time_created_secs": time.time(), "hparam_infos": infos,
        "metric_infos": [{"name": {"tag": tag}} for tag in metrics]})


def session_start(settings: Mapping[str, Setting]) -> Any:
    """The hyperparameters of a run."""
    fields = ("number_value", "string_value", "bool_value")
    kinds = {1: fields[1], 2: fields[2], 3: fields[0]}
    entries = [{"key": name, "value": {kinds[_kind(value)]: value}}
               for name, value in settings.items()]
    return _hyperparameters("session_start_info", {"hparams": entries,
                                                   "start_time_secs": time.time()})


def session_end() -> Any:
    """A run that came to its end."""
    return _hyperparameters("session_end_info", {"status": 1, "end_time_secs": time.time()})


def _kind(value: Setting) -> int:
    """DataType of TensorBoard's hparams plugin."""
    if isinstance(value, str):
        return 1
    return 2 if isinstance(value, bool) else 3


def _hyperparameters(name: str, fields: Mapping[str, Any]) -> Any:
    content = schema().find("HParams")(version=0, **{name: fields}).SerializeToString()
    plugin = {"plugin_name": "hparams", "content": content}
    return schema().find("Summary")(value=[{"tag": f"_hparams_/{name}",
                                            "metadata": {"plugin_data": plugin}}])
