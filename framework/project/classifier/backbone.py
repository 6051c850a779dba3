"""Backbones for a new classifier: a small net that learns from nothing, and those of the zoo."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from framework.definition import prototxt
from framework.definition.zoo import FOLDER as ZOO
from framework.project.choices import check_backbone
from framework.project.zoo_texts import inside, text_of

SMALL = "small"
NAMES = (SMALL, "resnet18", "resnet50", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small",
         "mobilenet_v3_large", "efficientnet_b0", "densenet121", "shufflenet_v2", "regnet_y_400mf")
NUM_PUBLISHED = 1000        # classes that published weights are of
SIZES = (32, 64, 128)       # of the small net's input
HALVED_FROM = (56, 112)     # sizes that its first layers halve once, and twice


@dataclass(frozen=True)
class Backbone:
    """A net file, up to the features of an image.

    features     the blob that the classes are told from: (N, channels) or (N, channels, 1, 1)
    inside       names and texts of the files that it brings in
    size         of its input; 0: any of SIZES
    mean, scale  of the images that its weights were made from; None: it is trained anew
    """

    name: str
    text: str
    features: str
    inside: dict[str, str] = field(default_factory=dict)
    size: int = 0
    mean: tuple[float, ...] | None = None
    scale: float = 1


def backbone(name: str) -> Backbone:
    """The backbone of this name. CaffeError for another than NAMES."""
    check_backbone(name, NAMES)
    if name == SMALL:
        return Backbone(SMALL, "", "pool")
    path = ZOO / name / "deploy.prototxt"
    layers = prototxt.read(path, "NetParameter").message.layer
    last = next(layer for layer in reversed(layers) if NUM_PUBLISHED in (
        layer.inner_product_param.num_output, layer.convolution_param.num_output))
    trained = prototxt.read(path.with_name("train_test.prototxt"), "NetParameter").message
    transform = trained.layer[0].transform_param
    return Backbone(name, text_of(path), last.bottom[0], inside(path), transform.crop_size,
                    tuple(transform.mean_value), transform.scale)


def _halvings(size: int) -> int:
    """How often the small net halves an input of this size in its first layers."""
    return bisect.bisect_right(HALVED_FROM, size)


def cells(size: int) -> int:
    """Height and width of the small net's map `conv1`, in whose cells it does most of its work."""
    return -(-size // 2 ** _halvings(size))


def small_text(size: int) -> str:
    """The small net for an input of this size: its last convolutions see 4 x 4 to 8 x 8 cells."""
    first = [[_convolution("conv1", "data", 32, 1)],
             [_convolution("conv1", "data", 32, 2)],
             [_convolution("conv1_1", "data", 16, 2), _convolution("conv1", "conv1_1", 32, 2)],
             ][_halvings(size)]
    bottom = "conv1"
    layers = first
    for stage, width in ((2, 64), (3, 128), (4, 192)):
        layers.append(_convolution(f"conv{stage}_1", bottom, width, 2))
        bottom = f"conv{stage}_2"
        layers.append(_convolution(bottom, f"conv{stage}_1", width, 1))
    return f"""# {len(layers)} 3 x 3 convolutions with batch normalisation, that learn from nothing.
# The size of the input is the data layer's in train_test.prototxt; the one below is not used.
name: "small"
layer {{ name: "data" type: "Input" top: "data" \
input_param {{ shape {{ dim: [1, 3, {size}, {size}] }} }} }}
{"".join(layers)}layer {{ name: "pool" type: "Pooling" bottom: "{bottom}" top: "pool"
  pooling_param {{ pool: AVE global_pooling: true }} }}
layer {{ name: "drop" type: "Dropout" bottom: "pool" top: "pool" \
dropout_param {{ dropout_ratio: 0.2 }} }}
"""


def _convolution(name: str, bottom: str, width: int, stride: int) -> str:
    step = f" stride: {stride}" if stride > 1 else ""
    return f"""layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
  convolution_param {{ num_output: {width} kernel_size: 3 pad: 1{step} bias_term: false \
weight_filler {{ type: "msra" }} }} }}
layer {{ name: "{name}_bn" type: "BatchNorm" bottom: "{name}" top: "{name}" \
batch_norm_param {{ moving_average_fraction: 0.98 }} }}
layer {{ name: "{name}_scale" type: "Scale" bottom: "{name}" top: "{name}"
  param {{ decay_mult: 0 }} param {{ decay_mult: 0 }} scale_param {{ bias_term: true }} }}
layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}
"""
