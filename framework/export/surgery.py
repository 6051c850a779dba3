"""Net surgery: BatchNorm merged into convolutions, and SSDs with another number of classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framework.definition.prototxt import Document, to_text
from framework.errors import CaffeError, SpecError
from framework.export.check import compare, draw_inputs
from framework.export.deploy import deployed
from framework.export.folding import fold
from framework.net.class_counts import label_map_path
from framework.net.net import Net
from framework.net.reading import parse_net, read_net
from framework.net.trained import class_names, trained_net
from framework.system.atomic import replacing_together
from framework.weights.weights import save_weights

UINT32_MAX = 2**32 - 1      # the largest num_output of a file


@dataclass(frozen=True)
class Changed:
    """A net file's new text, the net that it makes with its weights, and what was done."""

    text: str
    net: Net
    done: list[str]

    def write(self, model: Path, weights: Path) -> None:
        """Both or neither; the weights get their name first: a prototxt without them would make a
        net of noise."""
        if model.resolve() == weights.resolve():
            raise CaffeError(f"{model}: is to hold the net and its weights; give two files")
        with replacing_together(model, weights) as (text, binary):
            text.write_text(self.text)
            save_weights(self.net, binary)


def remade(document: Document) -> tuple[str, Net]:
    """The text of an edited message, and its TEST net with the fillers' values."""
    text = to_text(document.message)
    return text, Net(parse_net(text, document.path), "TEST", skip_data=True)


def copy_blobs(source: Net, target: Net, others: Mapping[str, Sequence[Tensor]]) -> None:
    """Give each layer of the target the blobs of its name in `others`, else in the source."""
    named = {step.layer.spec.name: step.layer.blobs for step in source.layers}
    with torch.no_grad():
        for step in target.layers:
            blobs = others.get(step.layer.spec.name, named.get(step.layer.spec.name, ()))
            for blob, values in zip(step.layer.blobs, blobs, strict=True):
                blob.copy_(values.reshape(blob.shape))


def merge_batch_norm(model: str, weights: str, tolerance: float) -> Changed:
    """BatchNorm, Scale, BN and Bias inside the convolution before them.

    Where the convolution's top has no other reader. CaffeError if the two nets differ by more than
    `tolerance` of a blob's largest value, in phase TEST, on seeded noise.
    """
    document = read_net(model)
    net = trained_net(read_net(model), weights)
    part = deployed(net)
    if not part.outputs:
        raise SpecError(f"{model}: the net has no outputs, by which the two nets are compared")
    steps = [(step.layer, step.tops) for step in part.steps]
    folded = fold(part.outputs, steps)
    kept = {id(layer.spec) for layer, _ in folded}
    gone = {(layer.spec.name, layer.spec.type) for layer, _ in steps if id(layer.spec) not in kept}
    own = {id(layer) for layer, _ in steps}
    joined = {layer.spec.name: (layer, tops) for layer, tops in folded if id(layer) not in own}
    layers = [one for one in document.message.layer if (one.name, one.type) not in gone]
    for message in layers:
        if message.name in joined and message.convolution_param.num_output:
            message.convolution_param.ClearField("bias_term")
            message.top[:] = joined[message.name][1]
    _replace_layers(document, layers)
    text, changed = remade(document)
    copy_blobs(net, changed, {name: layer.blobs for name, (layer, _) in joined.items()})
    _check_same(net, changed, tolerance)
    return Changed(text, changed, [f"{name} ({kind})" for name, kind in sorted(gone)])


def _replace_layers(document: Document, layers: Iterable[Any]) -> None:     # Any: LayerParameter
    copies = [type(one).FromString(one.SerializeToString()) for one in layers]
    del document.message.layer[:]
    document.message.layer.extend(copies)


def _check_same(net: Net, changed: Net, tolerance: float) -> None:
    given, _ = draw_inputs(net, None, 0, None)
    inputs = {name: torch.from_numpy(array) for name, array in given.items()}
    part = deployed(net)
    with torch.no_grad():
        before, after = part.run(inputs), deployed(changed).run(inputs)
    for name in after:
        mine, theirs = before[name].numpy(), after[name].numpy()
        _, reason = compare(part, name, mine, theirs, tolerance)
        if reason:
            raise CaffeError(f"{net.spec.path}: after merging, the blob '{name}' {reason}; nothing "
                             "is written (--tolerance)")


def resize_classes(model: str, weights: str, num_classes: int, sources: Mapping[int, int],
                   labelmap: str = "") -> Changed:
    """An SSD with another number of classes, background counted.

    sources   for a new label the old one whose filters it takes; others get the filler's values
    labelmap  replaces every label_map_file
    Raises SpecError for a net without detection layers, CaffeError for labels that are not there,
    and for a net whose own label map has more classes.
    """
    document = read_net(model)
    net = trained_net(read_net(model), weights)
    old, background = _classes(document)
    sources = {**sources, background: background}
    for new, source in sources.items():
        if not (0 <= new < num_classes and 0 <= source < old):
            raise CaffeError(f"{new}={source} is not a pair of labels: new ones are 0 to "
                             f"{num_classes - 1}, old ones 0 to {old - 1}")
    names = {} if labelmap else class_names(net)
    if names and max(names) >= num_classes:
        raise CaffeError(f"{label_map_path(net.spec)}: has the label {max(names)} "
                         f"('{names[max(names)]}'), which {num_classes} classes leave out; give "
                         "the label map of the new classes (--labelmap)")
    heads, between = _heads(document)
    for message in document.message.layer:
        _set_classes(message, old, num_classes, labelmap, message.name in between)
        if message.name in heads:
            param = _product(message)
            if param.num_output % old:
                raise SpecError(f"{document.path}: layer '{message.name}' has {param.num_output} "
                                f"outputs, which the {old} classes do not divide")
            num_output = param.num_output // old * num_classes
            if num_output > UINT32_MAX:
                raise CaffeError(f"{document.path}: layer '{message.name}' would have {num_output} "
                                 f"outputs for {num_classes} classes; the largest number is "
                                 f"{UINT32_MAX}")
            param.num_output = num_output
    text, changed = remade(document)
    others = {name: [_resized(ours.detach(), theirs.detach(), old, num_classes, sources)
                     for ours, theirs in zip(net.layer(name).blobs, changed.layer(name).blobs,
                                             strict=True)] for name in heads}
    copy_blobs(net, changed, others)
    return Changed(text, changed, sorted(heads))


def _classes(document: Document) -> tuple[int, int]:
    """The number of classes of the detection layers, and the label of the background."""
    for message in document.message.layer:
        for field in ("detection_output_param", "multibox_loss_param"):
            if message.HasField(field):
                param = getattr(message, field)
                if not param.share_location:
                    raise SpecError(f"{document.path}: layer '{message.name}' has boxes for each "
                                    "class (share_location: false), whose heads are not resized")
                return param.num_classes, max(param.background_label_id, 0)
    raise SpecError(f"{document.path}: has neither DetectionOutput nor MultiBoxLoss, which say the "
                    "classes")


def _product(message: Any) -> Any:      # Any: LayerParameter; its param of a learned product
    for field in ("convolution_param", "inner_product_param"):
        if message.HasField(field):
            return getattr(message, field)
    return None


def _heads(document: Document) -> tuple[set[str], set[str]]:
    """The layers whose filters make the scores, and those between them and the detections."""
    layers = list(document.message.layer)
    waiting = [message.bottom[1] for message in layers
               if message.HasField("detection_output_param")
               or message.HasField("multibox_loss_param")]
    heads: set[str] = set()
    between: set[str] = set()
    seen: set[str] = set()
    while waiting:
        blob = waiting.pop()
        if blob in seen:
            continue
        seen.add(blob)
        for message in layers:
            if blob not in message.top:
                continue
            if _product(message) is not None:
                heads.add(message.name)
            else:
                between.add(message.name)
                waiting += message.bottom
    if not heads:
        raise SpecError(f"{document.path}: no convolution makes the scores of the detections")
    return heads, between


def _set_classes(message: Any, old: int, new: int, labelmap: str, is_between: bool) -> None:
    """num_classes in every param of a layer (Any: LayerParameter), and sizes of its Reshape."""
    for _, param in message.ListFields():
        if not hasattr(param, "ListFields"):        # not one message
            continue
        names = {one.name for one, _ in param.ListFields()}
        if "num_classes" in names and param.num_classes == old:
            param.num_classes = new
        if labelmap and "label_map_file" in names:
            param.label_map_file = labelmap
        if labelmap and "save_output_param" in names and param.save_output_param.label_map_file:
            param.save_output_param.label_map_file = labelmap
    if is_between and message.HasField("reshape_param"):
        dims = message.reshape_param.shape.dim
        dims[:] = [new if dim == old else dim for dim in dims]


def _resized(ours: Tensor, filled: Tensor, old: int, new: int, sources: Mapping[int, int]
             ) -> Tensor:
    """A blob whose first axis is priors times classes, with the rows of the old labels."""
    result = filled.clone().unflatten(0, (-1, new))
    before = ours.unflatten(0, (-1, old))
    targets = np.array(sorted(sources))
    result[:, targets] = before[:, [sources[int(one)] for one in targets]]
    return result.flatten(0, 1)
