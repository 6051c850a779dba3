"""Histograms of the weights of a file, for the layers of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from framework.errors import WeightsError
from framework.report.net_page.graph import Graph
from framework.weights.blob import Blob, describe
from framework.weights.weights import read_layers

BARS = 40


def add_weights(graph: Graph, paths: Sequence[str]) -> list[str]:
    """Give each layer of the graph the histograms of its blobs in the files; a later one counts.

    Returns the names of layers with blobs that no file has. Raises WeightsError for a file that
    cannot be read or has no layer of the net.
    """
    found: dict[str, list[Blob | None]] = {}
    names = {node.name for node in graph.nodes if node.blobs}
    for path in paths:
        layers = {layer.name: layer.blobs for layer in read_layers(path) if layer.blobs}
        if not names & layers.keys():
            raise WeightsError(f"{path}: no layer has a name of the net's: it has weights for "
                               f"{', '.join(list(layers)[:8]) or 'no layer at all'}")
        found |= layers
    missing = []
    for node in graph.nodes:
        if not node.blobs:
            continue
        if node.name not in found:
            missing.append(node.name)
            continue
        for index, blob in enumerate(found[node.name]):
            if blob is not None:
                known = index < len(node.blobs)
                name = node.blobs[index][0] if known else f"blob {index}"
                problem = ""
                if not known or node.blobs[index][1] != blob.shape:
                    problem = (f"is {describe(blob.shape)} in the file and "
                               f"{describe(node.blobs[index][1]) if known else 'not'} in the net")
                node.weights.append({"name": name, "problem": problem,
                                     **summary(np.asarray(blob.values))})
    return missing


def summary(values: np.ndarray) -> dict[str, Any]:
    """Smallest, largest, mean, standard deviation, counts of zeros and of values that are not
    finite, and BARS counts of equal width from the smallest to the largest."""
    finite = values
    if values.dtype.kind == "f":
        mask = np.isfinite(values)
        if not mask.all():
            finite = values[mask]
    result: dict[str, Any] = {"count": int(values.size),
                              "not_finite": int(values.size - finite.size)}
    if not finite.size:
        return result
    low, high = float(finite.min()), float(finite.max())
    counts = np.zeros(BARS, int)
    if high > low:
        counts, _ = np.histogram(finite, BARS, (low, high))
    else:
        counts[BARS // 2] = finite.size
    return result | {"low": low, "high": high, "mean": float(finite.mean(dtype=np.float64)),
                     "deviation": float(finite.std(dtype=np.float64)),
                     "zeros": int(finite.size - np.count_nonzero(finite)),
                     "bars": counts.tolist()}
