"""What is exported: the net with its weights, and what its data layer says of images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framework.data.records.label_map import names_in_file
from framework.definition.zoo import located
from framework.errors import SpecError
from framework.export.deploy import deployed
from framework.export.preprocessing import Preprocessing
from framework.net import image_transform
from framework.net.class_counts import check_labels
from framework.net.image_transform import Mean, image_blobs
from framework.net.net import Net
from framework.net.reading import read_net
from framework.net.trained import class_names, trained_net


def load(model: str, weights: str, batch: int | str | None,
         ignore_unknown_fields: bool = False) -> Net:
    """The net in TEST with its weights; `batch`, if a number, in place of the inputs' first axis.

    Data layers are not opened. WeightsError for a layer without weights, as in tools/detect.
    """
    document = read_net(model, ignore_unknown_fields)
    if isinstance(batch, int):
        set_batch(document.message, batch)
    return trained_net(document, weights)


def set_batch(message: Any, batch: int) -> None:    # Any: a NetParameter
    """Give the inputs another first axis: all that have that of the first input."""
    shapes = [shape for layer in message.layer for shape in layer.input_param.shape if shape.dim]
    if not shapes:
        raise SpecError("--batch needs a net with Input layers: a deploy net")
    first = shapes[0].dim[0]
    for shape in shapes:
        if shape.dim[0] == first:
            shape.dim[0] = batch


@dataclass(frozen=True)
class Transform:
    """What is done with an image before the net, and what its classes are called.

    size   (height, width) of the input for images; None: the net has none
    """

    mean: list[float] | str
    scale: float
    size: tuple[int, int] | None
    labels: dict[int, str]
    preprocessing: Preprocessing | None
    blob: str = field(default="")

    def metadata(self, model: str, weights: str) -> dict[str, Any]:
        """For the file. Any: what JSON holds."""
        found: dict[str, Any] = {
            "mean": self.mean, "scale": self.scale, "channel_order": "BGR",
            "labels": {str(label): name for label, name in self.labels.items()},
            "model": Path(model).name, "model_sha256": sha256(model),
            "weights": ",".join(Path(one).name for one in weights.split(",")),
            "weights_sha256": ",".join(sha256(one) for one in weights.split(",")),
        }
        if self.size is not None:
            found["input"], found["height"], found["width"] = self.blob, *self.size
        if self.preprocessing is not None:
            found["channel_order"] = "RGB" if self.preprocessing.reverse else "BGR"
            found["preprocessing"] = "in the graph"
        return found


def read_transform(net: Net, mean: Mean | None, scale: float | None,
                   labelmap: str | None, order: str | None) -> Transform:
    """The transform of the input for images, the one blob of 1 or 3 channels.

    mean, scale, labelmap  in place of the net's
    order                  bgr or rgb: the transform goes into the graph; None: it does not
    """
    images = image_blobs(net, deployed(net).inputs)
    labels = read_labels(net, labelmap)
    if len(images) != 1:
        if order is not None:
            raise SpecError(f"{net.spec.path}: --preprocessing needs one input for images, of 1 "
                            f"or 3 channels; the net has {len(images)}")
        if mean is not None or scale is not None:
            raise SpecError(f"{net.spec.path}: --mean and --scale are those of one input for "
                            f"images, of 1 or 3 channels; the net has {len(images)}")
        return Transform([], 1.0, None, labels, None)
    blob = images[0]
    pixels = image_transform.read_transform(net, blob, mean, scale)
    num_items, channels, height, width = net.shapes[blob]
    preprocessing = None
    if order is not None:
        array = pixels.mean_array()
        pixels.check_size(array, (height, width, channels))
        preprocessing = Preprocessing(blob, (num_items, height, width, channels), order == "rgb",
                                      array, pixels.scale)
    said = pixels.mean
    stated = str(said) if isinstance(said, str | Path) else [float(value) for value in said]
    return Transform(stated, pixels.scale, (height, width), labels, preprocessing, blob)


def read_labels(net: Net, path: str | None) -> dict[int, str]:
    """Display names by label: of the file, or of the one that the net names, if it is there.

    SpecError if the file is that of another detector.
    """
    if not path:
        return class_names(net)
    names = names_in_file(path)
    check_labels(net.spec, path, names)
    return names


def sha256(path: str) -> str:
    with open(located(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def layer_error(net: Net, node: str, reason: str) -> SpecError:
    """The error about the layer that an operator of the export is named after."""
    specs = [step.layer.spec for step in net.layers
             if node == step.layer.spec.name or node.startswith(f"{step.layer.spec.name}/")]
    if not specs:
        return SpecError(f"{net.spec.path}: '{node}': {reason}")
    return max(specs, key=lambda spec: len(spec.name)).error("type", reason)
