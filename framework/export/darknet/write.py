"""A net as Darknet's .cfg and .weights files."""

from __future__ import annotations

from framework.errors import SpecError
from framework.export.darknet.detections import add_heads
from framework.export.darknet.layers import WRITERS
from framework.export.darknet.net import DarknetFile
from framework.layers.base import LAYERS
from framework.net.net import Net

PIXELS = 255            # Darknet divides by it


def to_darknet(net: Net) -> DarknetFile:
    """The sections of the net. SpecError names the first layer without one, with the reason."""
    file = DarknetFile(net, pixel_factor(net))
    for index, step in enumerate(file.steps):
        if index in file.done:
            continue
        names = [name for name in WRITERS if type(step.layer) is LAYERS[name]]
        if not names:
            raise file.error(index, f"there are sections for {', '.join(sorted(WRITERS))}")
        before = len(file.sections)
        WRITERS[names[0]](file, index, step.layer)
        if len(file.sections) > before:
            add_heads(file)
    check_outputs(net, file)
    return file


def pixel_factor(net: Net) -> float:
    """What the first weights are multiplied by, as Darknet gives pixels from 0 to 1.

    SpecError for a mean, and for other inputs than one of images.
    """
    inputs = [name for name in net.given_names if len(net.shapes[name]) == 4]
    if len(net.given_names) != 1 or len(inputs) != 1:
        raise SpecError(f"{net.spec.path}: has the inputs {', '.join(net.given_names)}; a Darknet "
                        "net has one, of images")
    spec = next(spec for spec in net.spec.layers if inputs[0] in spec.tops)
    param = spec.proto.transform_param
    if param.mean_file or any(param.mean_value):
        raise spec.error("transform_param.mean_value", "is given; Darknet subtracts no mean, and "
                         "no weights do it at the borders that are padded with zeros")
    scale = param.scale
    return 1.0 if abs(scale * PIXELS - 1) < 1e-6 else scale * PIXELS


def check_outputs(net: Net, file: DarknetFile) -> None:
    """SpecError if Darknet would not give what the net gives: boxes, or the last layer alone."""
    last = len(file.sections) - 1
    others = [name for value, name in enumerate(file.values.names)
              if not file.values.readers[value] and name in net.outputs
              and file.number.get(value, last) != last]
    if others and not file.heads:
        raise SpecError(f"{net.spec.path}: has the outputs {', '.join(net.outputs)}; Darknet gives "
                        "the last layer alone")
