"""Count the figures of the zoo's nets: `python -m framework.report.zoo_counting` after a change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

import torch

from framework.definition import prototxt, zoo
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.layers.base import DataOptions, Layer, Shape
from framework.net.build import build_layers, build_sources
from framework.net.reading import read_net
from framework.net.summary import layer_rows
from framework.report.zoo_figures import TABLE, Figures

DEPLOY = "deploy.prototxt"
TRAIN_TEST = "train_test.prototxt"


def nets() -> list[str]:
    """The zoo's nets: its folders with a deploy net; the others hold parts of nets."""
    return [name for name in zoo.names() if DEPLOY in zoo.files(name)]


def counted(name: str) -> Figures:
    """The figures of a net, from its files; no blob is given memory."""
    spec = NetSpec(read_net(zoo.FOLDER / name / DEPLOY))
    assert LAYERS       # its first use loads the types
    shapes: dict[str, Shape] = {}
    build_sources(spec, DataOptions(), shapes, skip_data=False)
    batch, *size = next(iter(shapes.values()))
    layers = build_layers(spec, shapes, {})
    multiply_adds = sum(row.multiply_adds for row in layer_rows(spec, layers, shapes))
    return Figures(name, _kind(name), num_learned(layers), multiply_adds // batch, tuple(size))


def num_learned(layers: Iterable[Layer]) -> int:
    """How many numbers learn: blobs whose lr_mult is not 0; those that share a name count once."""
    total = 0
    shared: set[str] = set()
    for layer in layers:
        settings = layer.spec.proto.param
        for index, blob in enumerate(layer.blobs):
            own = settings[index] if index < len(settings) else None
            if not isinstance(blob, torch.nn.Parameter) or (own and not own.lr_mult):
                continue
            if own and own.name:
                if own.name in shared:
                    continue
                shared.add(own.name)
            total += blob.numel()
    return total


def _kind(name: str) -> str:
    """What a net is for, by the losses of its recipe."""
    if TRAIN_TEST not in zoo.files(name):
        return "backbone"
    layers = prototxt.read(zoo.FOLDER / name / TRAIN_TEST, "NetParameter").message.layer
    types = {layer.type for layer in layers}
    detecting = types & {"MultiBoxHead", "DetectionEvaluate"}
    if detecting or any(_gives_detections(kind) for kind in types):
        return "detector"
    if "WarpCTCLoss" in types:
        return "text"
    if types & {"BatchTripletLoss", "CenterLoss", "MarginInnerProduct", "LabelSpecificAdd",
                "CombinedMargin"}:
        return "embedding"
    if "SigmoidCrossEntropyLoss" in types:
        return "edges"
    has_label_images = any(layer.loss_param.HasField("ignore_label") for layer in layers)
    return "segmenter" if has_label_images else "classifier"


def _gives_detections(kind: str) -> bool:
    layer = LAYERS.get(kind)
    return layer is not None and issubclass(layer, Layer) and layer.gives_detections


def main() -> None:
    """Count all and write the table."""
    rows = sorted((counted(name) for name in nets()), key=lambda row: (row.kind, row.name))
    lines = ",\n".join(json.dumps(asdict(row)) for row in rows)
    TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
