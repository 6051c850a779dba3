"""One loaded version of a net: what it takes and gives, and its runs.

The only module here that calls `Detector`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from framework.definition.spec import NetSpec
from framework.errors import CaffeError
from framework.evaluation.detection import Detection
from framework.inference.classifier import Classifier, is_classifier
from framework.inference.detector import Detector
from framework.inference.engines import run_net
from framework.layers import LAYERS
from framework.layers.base import Layer
from framework.net.class_counts import check_labels
from framework.net.image_transform import Mean
from framework.net.net import Net
from framework.net.reading import read_net
from framework.net.trained import check_output_labels, class_names, trained_net
from framework.serve.files import Files
from framework.serve.joining import ITEMS, Blobs, divide, join, noise, ways_of
from framework.system.arrays import Floats, Levels

Shape = tuple[int, ...]
Found = list[Detection] | Floats


@dataclass(frozen=True)
class Options:
    """How nets are loaded.

    mean, scale, size  instead of the nets' own, as in `Detector`
    """

    device: str = "cpu"
    mean: Mean | None = None
    scale: float | None = None
    size: tuple[int, int] | None = None
    ignore_unknown_fields: bool = False


class ServedNet:
    """A net with its weights.

    version  its number: 1, 2, ...
    kind     "detector", "classifier", or "net", which takes tensors only
    weights  its file
    mark     of the files that it was loaded from
    names    of classes by label
    ways     how a batch's outputs are divided among requests; {}: requests run alone
    fault    what of its values is not finite; "": nothing
    inputs, outputs  shapes by name; -1 for the number of items and of detections

    `ways` and the shapes are those of the file until `warm` has run. The methods that run the net
    are for one thread at a time.
    """

    def __init__(self, files: Files, weights: str, options: Options, version: int = 1):
        self.version = version
        self.weights = weights
        self.mark = files.mark_with(weights)
        document = read_net(files.model, options.ignore_unknown_fields)
        self.detector: Detector | None = None
        self.classifier: Classifier | None = None
        self.kind = "net"
        settings = (options.mean, options.scale, options.size)
        if _has_detections(NetSpec(document, "TEST")):
            self.detector = Detector(document, self.weights, options.device, *settings)
            self.kind = "detector"
            self.net: Net = self.detector.net
        else:
            self.net = trained_net(document, self.weights, options.device).optimize_for_inference()
            if is_classifier(self.net):
                self.classifier = Classifier(self.net, *settings)
                self.kind = "classifier"
        self.names = files.names() or class_names(self.net)
        if files.labels and self.detector is not None:
            check_labels(self.net.spec, files.labels, self.names)
        if files.labels and self.classifier is not None:
            check_output_labels(self.net, files.labels, self.names)
        given = [self.detector.input] if self.detector else self.net.given_names
        wanted = [self.detector.output] if self.detector else self.net.outputs
        self.inputs: dict[str, Shape] = {name: tuple(self.net.shapes[name]) for name in given}
        self.outputs: dict[str, Shape] = {name: tuple(self.net.shapes[name]) for name in wanted}
        self.ways: dict[str, str] = {}
        self.fault = ""

    def run_tensors(self, requests: Sequence[Blobs]) -> list[Blobs]:
        """The outputs of each request, for its inputs. More than one only where `ways` says how."""
        outputs = self._run(join(requests), list(self.outputs))
        if len(requests) == 1:
            return [outputs]
        first = next(iter(self.inputs))
        return divide(outputs, [len(request[first]) for request in requests], self.ways)

    def run_images(self, images: Sequence[Levels]) -> list[Found]:
        """Of each image, uint8 (height, width, 3) in BGR: all detections, best first, or the
        score of each class."""
        if self.detector is not None:
            return list(self.detector.detect(list(images)))
        if self.classifier is None:
            raise CaffeError("the net takes tensors, not images")
        output = self.classifier.output
        inputs = [{self.classifier.input: self.classifier.prepare(image)[None]}
                  for image in images]
        if self.ways:
            return list(self._run(join(inputs), [output])[output].reshape(len(images), -1))
        return [self._run(one, [output])[output][:1].reshape(-1) for one in inputs]

    def warm(self, batch: int) -> Iterator[None]:
        """Run the net on noise, one run for each value that is asked for, until it is warm; learn
        `ways`, shapes and `fault`: of blobs, outputs, and what the layers of outputs read.
        """
        for layer, blobs in self.net.params.items():
            if not all(bool(torch.isfinite(blob).all()) for blob in blobs):
                self.fault = f"{self.weights}: layer '{layer}' has values that are not finite"
        items = [self._noise(seed) for seed in (1, 2)]
        alone: list[Blobs] = []
        try:
            for item in items:
                alone.append(self._checked_run(item))
                yield
            together = self._checked_run(join(items))
        except (RuntimeError, ValueError) as error:     # of torch too: it takes no other batch
            if isinstance(error, CaffeError):
                raise
            self._checked_run(noise(self.inputs, 1))
            return
        yield
        rows = [self.detector.output] if self.detector else []
        self.ways = ways_of(alone, together, rows)
        if not self.ways:
            return
        self.inputs = {name: (-1, *shape[1:]) for name, shape in self.inputs.items()}
        self.outputs = {name: (-1, *together[name].shape[1:]) if way == ITEMS
                        else (1, 1, -1, together[name].shape[3])
                        for name, way in self.ways.items()}
        if batch > 2:
            self._run(join([items[index % 2] for index in range(batch)]), list(self.outputs))

    def check_replaces(self, old: ServedNet) -> None:
        """CaffeError if clients of `old` could not go on with this one."""
        if self.fault and not old.fault:
            raise CaffeError(self.fault)
        for what, mine, others in (("kind", self.kind, old.kind),
                                   ("inputs", self.inputs, old.inputs),
                                   ("outputs", self.outputs, old.outputs),
                                   ("labels", self.names, old.names)):
            if mine != others:
                raise CaffeError(f"{self.weights}: has other {what} than the net in use: "
                                 f"{mine}, not {others}")

    def _noise(self, seed: int) -> Blobs:
        """One item: what becomes of an image of noise, or plain noise where images are not known.
        """
        image_net = self.detector or self.classifier
        if image_net is None:
            return noise({name: (1, *shape[1:]) for name, shape in self.inputs.items()}, seed)
        height, width = self.inputs[image_net.input][2:]
        image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
        return {image_net.input: image_net.prepare(image)[None]}

    def _checked_run(self, inputs: Blobs) -> Blobs:
        """The outputs for noise. Values that are not finite are a `fault`."""
        read = [name for step in self.net.layers for name in step.bottoms
                if self.outputs.keys() & set(step.tops)]
        blobs = self._run(inputs, [*dict.fromkeys([*self.outputs, *read])])
        for name, blob in blobs.items():
            if not np.isfinite(blob).all() and not self.fault:
                self.fault = f"{self.weights}: gives values in '{name}' that are not finite"
        return {name: blobs[name] for name in self.outputs}

    def _run(self, inputs: Blobs, wanted: Sequence[str]) -> Blobs:
        """Copies: a layer may keep the memory of its top for the next run."""
        found = run_net(self.net, inputs, wanted)
        return {name: np.array(blob, np.float32) for name, blob in found.items()}


def _has_detections(spec: NetSpec) -> bool:
    types = [LAYERS[layer.type] for layer in spec.layers if layer.type in LAYERS]
    return sum(issubclass(kind, Layer) and kind.gives_detections for kind in types) == 1
