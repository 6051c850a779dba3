"""The sample net of each layer type, `samples/TYPE.prototxt`: read, built, and run once.

A sample is a net that ends with the layer; before it are Input layers with the shapes of the
bottoms. The pages of docs/layers, `tools/layers` and the tests of every layer read the same files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from framework.definition.prototxt import Document
from framework.errors import CaffeError
from framework.layers import LAYERS
from framework.layers.base import Shape, Source
from framework.net.net import Net
from framework.net.reading import read_net

FOLDER = Path(__file__).with_name("samples")
# Samples that are built but not run, with the reason.
NOT_RUN = {
    **dict.fromkeys(("FLOWriter", "FloatWriter", "HDF5Output", "MatWrite",
                     "WriteDataIntoFile"), "it writes a file"),
    **dict.fromkeys(("DecodeRois", "LoadImageData", "SoftmaxWithSphereLoss", "AccuracySphere",
                     "DynamicRouting", "CapsuleDeconvRouting", "CapsuleDeconvTransform", "LayerOp",
                     "BeamSearch"),
                    "it is known by its shapes only"),
    **dict.fromkeys(("DeepHandModel", "DeepHandModelDofConstraintLoss"),
                    "it reads files of yours"),
    **dict.fromkeys(("OctreeConv", "OctreeDeconv", "OctreePooling", "OctreeUnpooling",
                     "Octree2FullVoxel", "OctreeProperty", "OctreeGrow", "OctreeSetFeature",
                     "OctreeMask", "OctreeZeroize", "OctreeUpdateLabel", "Clustering"),
                    "it is known by its shapes only"),
    **dict.fromkeys(("OGNData", "OGNColorData", "OGNGenerateKeys", "OGNLossPrep",
                     "OGNColorLossPrep", "OGNProp", "OGNConv", "OGNOutput", "OGNColorOutput"),
                    "it is known by its shapes only")}
NOT_BUILT = {"Python": "its class is in a module of yours",
             "Torch": "its module is in a package that only you can allow",
             "WassersteinLoss": "it reads a file of yours, the distances of the classes"}
READS_FILES = "it reads files of yours; the shapes are those that its text declares"
MADE_BY_TEXT = ("Input", "DummyData", "RandVec")    # data layers that read no files

Named = Sequence[tuple[str, Shape]]


@dataclass(frozen=True)
class Outcome:
    """What became of a sample: names and shapes of its last layer's blobs.

    stored  the blobs that the layer keeps, in Caffe's order
    taken   the fields that it takes, by message, where it says so
    reason  why the sample was not run; "" if it was
    varies  the shapes of the tops depend on the data
    """

    bottoms: Named
    tops: Named
    stored: Named
    taken: Mapping[str, frozenset[str]]
    reason: str = ""
    varies: bool = False

    def sentence(self) -> str:
        """How far the sample went, in a sentence."""
        if self.reason:
            return f"Not run here: {self.reason}."
        rest = " The number of rows depends on the data." if self.varies else ""
        return f"Built and run, it gives these shapes.{rest}"


def file_name(kind: str) -> str:
    """A file name for a type. Lstm is not LSTM, but some file systems take them for one:
    the later of such types gets a number."""
    alike = sorted(other for other in LAYERS if other.lower() == kind.lower())
    return f"{kind}-{alike.index(kind) + 1}" if kind in alike[1:] else kind


def sample_text(kind: str) -> str:
    """The text of a type's sample. Raises CaffeError if it has no sample."""
    return sample_path(kind).read_text(encoding="utf-8")


def sample_path(kind: str) -> Path:
    """The file of a type's sample. Raises CaffeError if it has no sample."""
    path = FOLDER / f"{file_name(kind)}.prototxt"
    if not os.path.isfile(path):
        raise CaffeError(f"the layer type '{kind}' has no sample; write {path}")
    return path


def sample_document(kind: str) -> Document:
    """The net of a type's sample. Raises CaffeError if it has no sample."""
    return read_net(sample_path(kind))


def sample_phase(document: Document) -> str:
    """TEST if a rule of the sample includes a layer there, else TRAIN."""
    rules = [rule for layer in document.message.layer for rule in layer.include]
    return "TEST" if any(rule.phase for rule in rules) else "TRAIN"


def run_sample(kind: str) -> Outcome:
    """Build the sample and run it once, on noise or what the layer names; labels are ones."""
    document = sample_document(kind)
    if kind in NOT_BUILT:
        return Outcome([], [], [], {}, NOT_BUILT[kind])
    cls = LAYERS.get(kind)
    reads = cls is not None and issubclass(cls, Source) and kind not in MADE_BY_TEXT
    net = Net(document, phase=sample_phase(document), skip_data=reads)
    names = net.spec.layers[-1].tops if kind in LAYERS else net.outputs
    built = [(name, net.shapes[name]) for name in names]
    reason = READS_FILES if reads else NOT_RUN.get(kind, "")
    made = {} if reason else _run(net)
    tops = [(name, tuple(made[name].shape) if made else shape) for name, shape in built]
    if cls is not None and issubclass(cls, Source):
        return Outcome([], tops, [], {}, reason)
    layer = net.layers[-1].layer
    if cls is None:     # a composite: several layers, so their names too
        stored = [(f"{step.layer.spec.name}.{name}", tuple(getattr(step.layer, name).shape))
                  for step in net.layers for name in step.layer.blob_names]
        return Outcome([(name, net.shapes[name]) for name in net.inputs], tops, stored, {}, reason,
                       tops != built)
    stored = [(name, tuple(getattr(layer, name).shape)) for name in layer.blob_names]
    bottoms = [(name, net.shapes[name]) for name in net.layers[-1].bottoms]
    return Outcome(bottoms, tops, stored, layer.spec.taken, reason, tops != built)


def _run(net: Net) -> dict[str, Tensor]:
    """The blobs of one forward; random draws start from the same seed every time."""
    generator = torch.Generator().manual_seed(1)
    inputs = {name: torch.randn(net.shapes[name], generator=generator) for name in net.inputs}
    for step in net.layers[-1:]:
        shapes = [net.shapes[name] for name in step.bottoms]
        for index, name in enumerate(step.bottoms):
            if name not in inputs:
                continue
            example = step.layer.example_bottom(index, shapes)
            if example is not None:
                inputs[name] = example
            elif index in step.layer.no_gradient_bottoms:
                inputs[name].fill_(1)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return net.run({**inputs, **net.next_batch()})
