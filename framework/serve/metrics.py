"""Metrics in the text format of Prometheus.

Source: "Exposition formats", text-based format 0.0.4, of the Prometheus documentation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

Labels = tuple[tuple[str, str], ...]


class Counter:
    """Numbers that only grow, one for each set of labels."""

    kind = "counter"

    def __init__(self) -> None:
        self.values: defaultdict[Labels, float] = defaultdict(float)

    def add(self, amount: float = 1, **labels: str) -> None:
        self.values[tuple(labels.items())] += amount

    def lines(self, name: str) -> Iterator[str]:
        for labels, value in sorted(self.values.items()):
            yield f"{name}{_labels(labels)} {value:g}"


class Gauge:
    """Numbers as they are when they are asked for: `read` gives them by the value of `label`."""

    kind = "gauge"

    def __init__(self, label: str, read: Callable[[], Mapping[str, float]]):
        self.label = label
        self.read = read

    def lines(self, name: str) -> Iterator[str]:
        for key, value in sorted(self.read().items()):
            yield f"{name}{_labels(((self.label, key),))} {value:g}"


class Histogram:
    """Counts of values up to each bound, their sum and number, for each set of labels."""

    kind = "histogram"

    def __init__(self, bounds: tuple[float, ...]):
        self.bounds = bounds
        self.counts: dict[Labels, list[int]] = {}
        self.sums: defaultdict[Labels, float] = defaultdict(float)

    def add(self, value: float, **labels: str) -> None:
        key = tuple(labels.items())
        counts = self.counts.setdefault(key, [0] * (len(self.bounds) + 1))
        counts[bisect_left(self.bounds, value)] += 1
        self.sums[key] += value

    def lines(self, name: str) -> Iterator[str]:
        for key, counts in sorted(self.counts.items()):
            total = 0
            for bound, count in zip((*self.bounds, float("inf")), counts, strict=True):
                total += count
                edge = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield f"{name}_bucket{_labels((*key, ('le', edge)))} {total}"
            yield f"{name}_sum{_labels(key)} {self.sums[key]:g}"
            yield f"{name}_count{_labels(key)} {total}"


class Metrics:
    """All that a server counts. `gauges`, each with its text, are added by what knows them."""

    def __init__(self) -> None:
        self.requests = Counter()
        self.seconds = Histogram(SECONDS)
        self.batch_sizes = Histogram(SIZES)
        self.updates = Counter()
        self.gauges: dict[str, tuple[str, Gauge]] = {}

    def text(self) -> str:
        """The page `/metrics`."""
        known: dict[str, tuple[str, Counter | Gauge | Histogram]] = {
            "caffe_serve_requests_total": ("Requests, by route and status code.", self.requests),
            "caffe_serve_request_seconds": (
                "Time from the head of a request to the end of its answer.", self.seconds),
            "caffe_serve_batch_size": ("Items that ran together.", self.batch_sizes),
            "caffe_serve_updates_total": (
                "New weights that were found, by what became of them.", self.updates),
            **self.gauges}
        lines = []
        for name, (text, metric) in known.items():
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {metric.kind}",
                      *metric.lines(name)]
        return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
