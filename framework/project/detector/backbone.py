"""Backbones of the zoo for a new detector: their files, and the blobs that boxes are found from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from framework.definition import prototxt
from framework.definition.zoo import FOLDER as ZOO
from framework.project.choices import check_backbone
from framework.project.zoo_texts import inside, text_of
from framework.report.prior_choice import Origin

SMALL = "ssd_small"
ZOO_SIZE = 300          # the input that the steps of the zoo's SSDs belong to
NAMES = (SMALL, "vgg16", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3", "efficientnet_b0",
         "resnet50", "squeezenet")


@dataclass(frozen=True)
class Part:
    """A net file of the folder, and how train_test.prototxt brings it in.

    tops    that later layers read; the layers that they do not need are left out
    inside  names and texts of the files that it brings in itself
    """

    name: str
    bottom: str
    tops: tuple[str, ...]
    file: str
    text: str
    inside: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Backbone:
    """mean, scale: of the images that its weights were made from; None: it is trained anew."""

    name: str
    parts: tuple[Part, ...]
    origins: tuple[Origin, ...]
    mean: tuple[float, ...] | None = None
    scale: float = 1


def backbone(name: str) -> Backbone:
    """The backbone of this name. CaffeError for another than NAMES."""
    check_backbone(name, NAMES)
    if name == SMALL:
        return _small()
    folder = ZOO / f"ssd300_{name}"
    message = prototxt.read(folder / "train_test.prototxt", "NetParameter").message
    head = next(layer for layer in message.layer if layer.HasField("multi_box_head_param"))
    origins = tuple(Origin(source.bottom, source.step, source.normalization)
                    for source in head.multi_box_head_param.source)
    parts = []
    for layer in message.layer:
        if layer.HasField("net_file_param"):
            path = folder / layer.net_file_param.file
            parts.append(Part(layer.name, layer.bottom[0], tuple(layer.top),
                              f"{layer.name}.prototxt", text_of(path), inside(path)))
    transform = message.layer[0].transform_param
    return Backbone(name, tuple(parts), origins, tuple(transform.mean_value), transform.scale)


def _small() -> Backbone:
    text = (ZOO / "ssd_bccd" / "backbone.prototxt").read_text(encoding="utf-8")
    layers = re.sub(r"\A(#.*\n)+", "", text).replace("cells_backbone", SMALL)
    text = ("# Ten 3 x 3 convolutions with batch normalisation, for training from nothing. Its "
            "cells are\n# 8 (conv3_2), 16 (conv4_3) and 32 (conv5_2) pixels apart. The size of "
            "the input is that of\n# the data layer in train_test.prototxt; the one below is not "
            "used.\n" + layers)
    origins = (Origin("conv3_2", 8), Origin("conv4_3", 16), Origin("conv5_2", 32))
    part = Part("backbone", "data", tuple(origin.bottom for origin in origins),
                "backbone.prototxt", text)
    return Backbone(SMALL, (part,), origins)
