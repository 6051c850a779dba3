"""A Caffe net that is being written from Darknet's sections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from framework.errors import SpecError
from framework.export.darknet.words import ACTIVATIONS, BATCH_NORM_EPS
from framework.importing.darknet.config import Section
from framework.importing.darknet.weights_file import WeightsFile
from framework.importing.draft import Array, Draft, Node, Shape
from framework.proto import LayerParameter

INPUT = "data"
FACTOR = np.ones(1, np.float32)     # BatchNorm's third blob, which divides the other two


@dataclass(frozen=True)
class Head:
    """A map of boxes: the section that says what its numbers are, and its blob."""

    section: Section
    blob: str


class DarknetNet:
    """The layers so far.

    section  the one that is read
    blobs    the result of each section, "" for a head, whose boxes no layer reads
    heads    the maps of boxes
    parts    equal parts of channels, by blob and their number
    absent   layers whose weights are not in the file, which ends before them
    """

    def __init__(self, name: str, path: str, weights: WeightsFile):
        self.draft = Draft(name, path, 0, False, {}, {}, Counter())
        self.weights = weights
        self.section = Section("net", -1, path, 1)
        self.blobs: list[str] = []
        self.heads: list[Head] = []
        self.parts: dict[tuple[str, int], list[str]] = {}
        self.absent: set[str] = set()
        self._reversed = ""

    def shape(self, blob: str) -> Shape:
        return self.draft.shapes[blob]

    def image_size(self) -> tuple[int, ...]:
        return self.shape(INPUT)[2:]

    def bottom(self) -> str:
        """The blob of the section before."""
        return self.blob_of(self.section.number - 1)

    def blob_of(self, number: int, key: str = "") -> str:
        """The blob of a section; an error if there is none to be read."""
        if number == -1 and not key:
            return INPUT
        if not 0 <= number < self.section.number:
            raise self.section.error(f"{key} names the layer {number}; there are 0 to "
                                     f"{self.section.number - 1} before it", key)
        if not self.blobs[number]:
            raise self.section.error(f"reads the boxes of the layer {number}", key)
        return self.blobs[number]

    def add_several(self, prefix: str, kind: str, num_tops: int, *bottoms: str, **options: Any
                    ) -> list[str]:
        """Add a layer `prefix_number`. Any: see Draft.add_several."""
        if kind not in ("Convolution", "Slice"):
            bottoms = tuple(self.in_order(blob) for blob in bottoms)
        name = f"{prefix}_{self.section.number}"
        self.draft.node = Node(self.section.kind, name, (), (), {},
                               f"{self.section.path}:{self.section.line}", "section")
        try:
            tops = self.draft.add_several(kind, num_tops, *bottoms, **options)
            if self.weights.ended and options.get("blobs"):
                self._fill(self.draft.message.layer[-1])
            return tops
        except SpecError as error:
            reason = str(error).partition("): ")[2] or str(error)
            raise self.section.error(f"no layer takes it: {reason}") from error

    def _fill(self, layer: LayerParameter) -> None:
        """Fill a layer whose weights the file lacks by Caffe's `msra` when training begins."""
        self.absent.add(layer.name)
        for field in ("convolution_param", "inner_product_param", "local_param"):
            if layer.HasField(field):
                getattr(layer, field).weight_filler.type = "msra"

    def add(self, prefix: str, kind: str, *bottoms: str, **options: Any) -> str:
        return self.add_several(prefix, kind, 1, *bottoms, **options)[0]

    def in_order(self, blob: str) -> str:
        """The blob, or the image in RGB, as Darknet has it, where it is BGR. Convolutions have
        their weights in the other order instead."""
        if blob != INPUT or len(self.shape(INPUT)) != 4 or self.shape(INPUT)[1] != 3:
            return blob
        if not self._reversed:
            colours = self.add_several("colours", "Slice", 3, INPUT)
            self._reversed = self.add("rgb", "Concat", *reversed(colours))
        return self._reversed

    def weights_for(self, bottom: str, weight: Array, group: int) -> Array:
        """A convolution's weights (filters, channels, h, w) in the order of the image's channels.

        Source: load_image_color in image.c of pjreddie/darknet gives RGB from 0 to 1.
        """
        reads_image = bottom == INPUT and self.shape(bottom)[1] == 3
        if reads_image and group > 1:
            raise self.section.error("has groups of colours, which are BGR here")
        return weight[:, ::-1] if reads_image else weight

    def normalized(self, bottom: str, what: dict[str, Array]) -> str:
        """BatchNorm and Scale."""
        norm = self.add("bn", "BatchNorm", bottom, in_place=True,
                        blobs=[what["mean"], what["variance"], FACTOR],
                        batch_norm_param={"eps": BATCH_NORM_EPS})
        return self.add("scale", "Scale", norm, in_place=True,
                        blobs=[what["scales"], what["biases"]], scale_param={"bias_term": True})

    def activated(self, bottom: str, default: str) -> str:
        """The activation of the section."""
        section = self.section
        word = section.word("activation", default)
        if word == "linear":
            return bottom
        if word not in ACTIVATIONS:
            raise section.error(f"the activation '{word}' has no counterpart here; there are "
                                f"linear, {', '.join(ACTIVATIONS)}", "activation")
        kind, params = ACTIVATIONS[word]
        return self.add(word, kind, bottom, in_place=True, **params)

    def take(self, what: str, *shape: int) -> Array:
        """The next numbers of the .weights file."""
        return self.weights.take(self.section, what, *shape)

    def take_statistics(self, number: int) -> dict[str, Array]:
        """Of batch normalization, after the biases."""
        found: dict[str, Array] = {what: self.take(what, number)
                                   for what in ("scales", "mean", "variance")}
        if (found["variance"] < 0).any():
            raise self.section.error(f"a variance is below 0 in {self.weights.path}: its numbers "
                                     "belong to another net")
        return found

    def sizes(self, blobs: Sequence[str]) -> str:
        return ", ".join("x".join(map(str, self.shape(blob)[1:])) for blob in blobs)
