"""torchvision's pretrained classifiers under the layer names of the zoo's nets.

Layers are found by name: a rule for each net gives the module of torchvision that a layer of
`framework/zoo/NET/deploy.prototxt` is. Where torchvision's geometry is another than the published
Caffe model's, the net that is written has torchvision's.

Pixels: torchvision's nets take RGB, (pixel / 255 - mean) / std. The net that is written takes BGR
and subtracts 255 * mean (transform_param); the rest is a factor on the first convolution's weights.
Both are exact, at the borders too: what is padded with zeros has the mean subtracted already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.definition.prototxt import Document, to_text
from framework.errors import CaffeError
from framework.importing.backbone_names import RULES
from framework.layers.base import Layer
from framework.layers.normalization.batch_norm import BatchNorm
from framework.net.net import Net
from framework.net.reading import read_net
from framework.proto import PoolingParameter
from framework.system.atomic import replacing_together, with_ending
from framework.weights.state_dict import read_state_dict
from framework.weights.weights import save_weights

Floats = NDArray[Any]       # Any: float32 or float64
MEAN = (0.485, 0.456, 0.406)        # RGB, of torchvision's presets for ImageNet
STD = (0.229, 0.224, 0.225)
HALVES = (0.5, 0.5, 0.5)
# of the published files, not read: counters of batches, and heads of training
UNREAD = re.compile(r"(.*\.)?num_batches_tracked|AuxLogits\..*")
# names of older files: denselayer1.norm.1 for denselayer1.norm1
OLD_NAMES = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=\d\.)")


@dataclass(frozen=True)
class Backbone:
    """A net of the zoo that a model of torchvision is.

    net        folder of the zoo
    rule       torchvision's module by the zoo's layer
    edit       changes of the geometry; what it says of them
    no_bias    layers that have a bias in the zoo and none in torchvision
    identity   layers that the zoo has and torchvision has not, which copy
    mean, std  of RGB from 0 to 1
    thinned    how tensors of larger layers become those of smaller ones, by layer
    unread     pattern of tensors that the zoo's net has no layer for
    folded     eps of the BatchNorm after each convolution, which goes into that; None: there is
               none, or the zoo's net has it too
    """

    net: str
    rule: Callable[[str], str]
    edit: Callable[[Any], None] = lambda message: None      # Any: a NetParameter
    said: str = ""
    no_bias: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD
    thinned: Mapping[str, Callable[[Floats], Floats]] = field(default_factory=dict)
    unread: str = "(?!)"
    folded: float | None = None


def _layers(message: Any) -> dict[str, Any]:        # Any: a NetParameter, its layers
    return {layer.name: layer for layer in message.layer}


def _pad_pool1(message: Any) -> None:       # Any: a NetParameter
    param = _layers(message)["pool1"].pooling_param
    param.pad = 1
    param.round_mode = PoolingParameter.FLOOR


def _resnet(message: Any) -> None:      # Any: as above
    """Padding of pool1, rounded down; the stride of a bottleneck in its 3 x 3 convolution."""
    _pad_pool1(message)
    layers = _layers(message)
    for name, layer in layers.items():
        strides = list(layer.convolution_param.stride)
        if name.endswith("_branch2a") and name[:-1] + "c" in layers and strides == [2]:
            del layer.convolution_param.stride[:]
            layers[name[:-1] + "b"].convolution_param.stride[:] = [2]


def _squeezenet1_0(message: Any) -> None:       # Any: as above
    del _layers(message)["conv10"].convolution_param.pad[:]


def _mobilenet_v2(message: Any) -> None:        # Any: as above
    """ReLU6, and the third halving two blocks of 64 channels earlier."""
    layers = _layers(message)
    del layers["conv4_7/dwise"].convolution_param.stride[:]
    layers["conv4_3/dwise"].convolution_param.stride[:] = [2]
    for layer in message.layer:
        if layer.name.startswith("relu"):
            layer.type = "ReLU6"


def _googlenet(message: Any) -> None:       # Any: as above
    """A smaller fourth pooling; LRN divides by 1."""
    _layers(message)["pool4/3x3_s2"].pooling_param.kernel_size = 2
    for layer in message.layer:
        if layer.HasField("lrn_param"):
            layer.lrn_param.alpha = 0


def _thinned_fc6(array: Floats) -> Floats:
    """Every 4th of 4096 outputs, and of 7 x 7 cells every 3rd along both axes."""
    return array[::4] if array.ndim == 1 else array.reshape(4096, 512, 7, 7)[::4, :, ::3, ::3]


def _thinned_fc7(array: Floats) -> Floats:
    """Every 4th of 4096 outputs and inputs."""
    return array[::4] if array.ndim == 1 else array[::4, ::4]


# of wider nets: Wei Liu's reduced VGG-16
THINNED = {"fc6": _thinned_fc6, "fc7": _thinned_fc7}
RESNET = "pool1 has padding 1 and rounds down"
STRIDE = RESNET + "; the stride of a block is in its 3 x 3 convolution"
BACKBONES: Mapping[str, Backbone] = {
    "vgg16": Backbone("vgg16", RULES["vgg16"]),
    "vgg16_reduced": Backbone(
        "vgg16_reduced", RULES["vgg16"],
        said="fc6 and fc7 are thinned out as the published VGG_ILSVRC_16_layers_fc_reduced: a "
             "start for SSD, no classifier that computes the same",
        thinned=THINNED, unread=r"classifier\.6\..*"),
    "vgg19": Backbone("vgg19", RULES["vgg19"]),
    "resnet18": Backbone("resnet18", RULES["resnet"], _resnet, RESNET),
    "resnet50": Backbone("resnet50", RULES["resnet"], _resnet, STRIDE, frozenset(["conv1"])),
    "resnet101": Backbone("resnet101", RULES["resnet"], _resnet, STRIDE),
    "resnet152": Backbone("resnet152", RULES["resnet"], _resnet, STRIDE),
    "mobilenet_v2": Backbone(
        "mobilenet_v2", RULES["mobilenet_v2"], _mobilenet_v2,
        "ReLU6; the third halving is in conv4_3; conv2_1/expand, which torchvision has not, copies",
        identity=frozenset(["conv2_1/expand"])),
    "squeezenet1_0": Backbone("squeezenet_v1_0", RULES["squeezenet1_0"], _squeezenet1_0,
                              "conv10 has no padding"),
    "squeezenet1_1": Backbone("squeezenet_v1_1", RULES["squeezenet1_1"]),
    "googlenet": Backbone(
        "googlenet", RULES["googlenet"], _googlenet,
        "BatchNorm is folded into the convolutions, whose 5 x 5 kernels are 3 x 3 with zeros "
        "around them; LRN has alpha 0 and copies; pool4 has a kernel of 2", mean=HALVES, std=HALVES,
        unread=r"aux[12]\..*", folded=1e-3),
    "densenet121": Backbone("densenet121", RULES["densenet"]),
    "inception_v3": Backbone("inception_v3", RULES["inception_v3"], mean=HALVES, std=HALVES),
    "shufflenet_v2_x1_0": Backbone("shufflenet_v2", RULES["shufflenet_v2"], _pad_pool1, RESNET),
}


@dataclass(frozen=True)
class Taken:
    """What was written: layers with weights, and how the net differs from the zoo's file."""

    num_layers: int
    net: str
    said: str


def import_backbone(name: str, state_path: Path, out: Path) -> Taken:
    """Write `out`.prototxt and `out`.caffemodel of a state dict, both or neither.

    CaffeError for an unknown model, and for tensors that are missing, left over or of other sizes.
    """
    if name not in BACKBONES:
        raise CaffeError(f"torchvision:{name}: the zoo has no such net; there are "
                         f"{', '.join(BACKBONES)}. `torchvision.models:{name}` imports any model, "
                         "under torchvision's own names")
    backbone = BACKBONES[name]
    state = {OLD_NAMES.sub(r"\1", key): value for key, value in read_state_dict(state_path).items()}
    document = read_net(f"zoo:{backbone.net}/deploy.prototxt")
    backbone.edit(document.message)
    _set_transform(document, backbone)
    reader = _State(state, str(state_path), name)
    if not backbone.thinned:        # which has no classifier
        _set_classes(document, backbone, reader)
    net = Net(document, "TEST")
    for step in net.layers:
        if step.layer.blobs:
            _fill(step.layer, backbone, reader)
    reader.finish(backbone.unread)
    prototxt, caffemodel = (with_ending(out, end) for end in (".prototxt", ".caffemodel"))
    with replacing_together(prototxt, caffemodel) as (text, binary):
        text.write_text(to_text(document.message))
        save_weights(net, binary)
    return Taken(sum(bool(step.layer.blobs) for step in net.layers), backbone.net, backbone.said)


class _State:
    """The tensors of a state dict, which must all be read."""

    def __init__(self, tensors: Mapping[str, Tensor], path: str, name: str):
        self.tensors = tensors
        self.path = path
        self.name = name
        self.read: set[str] = set()

    def take(self, key: str, layer: str) -> Floats:
        if key not in self.tensors:
            raise CaffeError(f"{self.path}: has no '{key}', which the layer {layer} needs; it is "
                             f"no state dict of torchvision's {self.name}")
        self.read.add(key)
        return np.asarray(self.tensors[key].float().numpy())

    def finish(self, unread: str) -> None:
        """CaffeError for tensors that nobody has read."""
        left = [key for key in self.tensors if key not in self.read
                and not UNREAD.fullmatch(key) and not re.fullmatch(unread, key)]
        if left:
            raise CaffeError(f"{self.path}: has {len(left)} tensors that torchvision's "
                             f"{self.name} has not: {', '.join(left[:4])}"
                             + (", ..." if len(left) > 4 else ""))


def _set_transform(document: Document, backbone: Backbone) -> None:
    """The mean of BGR pixels, on the Input layer; a batch of one."""
    data = document.message.layer[0]
    data.transform_param.mean_value[:] = [255 * value for value in reversed(backbone.mean)]
    data.input_param.shape[0].dim[0] = 1


def _set_classes(document: Document, backbone: Backbone, state: _State) -> None:
    """The number of outputs of the last layer with weights."""
    layers = [layer for layer in document.message.layer
              if layer.HasField("convolution_param") or layer.HasField("inner_product_param")]
    last = layers[-1]
    number = len(state.take(backbone.rule(last.name) + ".weight", last.name))
    param = last.inner_product_param if last.HasField("inner_product_param") \
        else last.convolution_param
    param.num_output = number


def _fill(layer: Layer, backbone: Backbone, state: _State) -> None:
    """Give a layer its blobs."""
    name = layer.spec.name
    for index, array in enumerate(_arrays(layer, backbone, state)):
        blob = layer.blobs[index]
        if array.size != blob.numel():
            raise CaffeError(f"{state.path}: the tensor for blob {index} of the layer {name} has "
                             f"the shape {array.shape}; it must be {tuple(blob.shape)}")
        given = torch.from_numpy(np.ascontiguousarray(array, np.float32))
        blob.data.copy_(given.reshape(blob.shape))


def _arrays(layer: Layer, backbone: Backbone, state: _State) -> list[Floats]:
    """The blobs of a layer, by the tensors of its module."""
    name = layer.spec.name
    shapes = [tuple(blob.shape) for blob in layer.blobs]
    base = re.sub(r"(/bn|/scale)$", "", name)
    if base in backbone.identity:
        return _copying(layer, shapes)
    module = backbone.rule(name)
    if isinstance(layer, BatchNorm):
        return [state.take(f"{module}.running_mean", name),
                state.take(f"{module}.running_var", name), np.ones(1, np.float32)]
    if backbone.folded is not None and len(shapes[0]) == 4:
        weight, bias = _folded(state, module, name, backbone.folded, shapes[0])
    else:
        weight, bias = state.take(f"{module}.weight", name), None
    if "data" in layer.spec.bottoms:
        factors = np.array(backbone.std, np.float64)[None, :, None, None] * 255
        weight = (weight / factors)[:, ::-1].astype(np.float32)
    thin = backbone.thinned.get(name, _as_it_is)
    if bias is not None:
        return [weight, bias]
    if len(shapes) == 1:
        return [weight]
    if name in backbone.no_bias:
        return [weight, np.zeros(shapes[1], np.float32)]
    return [thin(weight), thin(state.take(f"{module}.bias", name))]


def _folded(state: _State, module: str, name: str, eps: float, shape: tuple[int, ...]
            ) -> tuple[Floats, Floats]:
    """Weight and bias of a convolution with the BatchNorm after it; zeros around a kernel that is
    smaller than the layer's."""
    weight = state.take(f"{module}.conv.weight", name).astype(np.float64)
    gain, offset, mean, variance = (
        state.take(f"{module}.bn.{key}", name).astype(np.float64)
        for key in ("weight", "bias", "running_mean", "running_var"))
    factor = gain / np.sqrt(variance + eps)
    more = [(size - own) // 2 for size, own in zip(shape[2:], weight.shape[2:], strict=True)]
    if min(more) > 0:
        weight = np.pad(weight, [(0, 0), (0, 0), *((cells, cells) for cells in more)])
    return weight * factor[:, None, None, None], offset - mean * factor


def _as_it_is(array: Floats) -> Floats:
    return array


def _copying(layer: Layer, shapes: list[tuple[int, ...]]) -> list[Floats]:
    """Blobs with which a 1 x 1 convolution, BatchNorm and Scale copy."""
    if isinstance(layer, BatchNorm):
        size = shapes[0]
        return [np.zeros(size), np.full(size, 1 - layer.eps), np.ones(1)]
    if len(shapes[0]) == 4:
        return [np.eye(shapes[0][0], shapes[0][1])[:, :, None, None]]
    return [np.ones(shapes[0]), np.zeros(shapes[1])]
