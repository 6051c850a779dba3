"""Freeze the layers of a net that a solver file's `freeze` names: they learn nothing."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from framework.definition.prototxt import Document
from framework.logs.log import Log
from framework.net.net import Net
from framework.net.params import LearnedBlob
from framework.system.wording import nearest


def freeze_layers(document: Document, net: Net, log: Log) -> None:
    """Freeze the layers with blobs whose names fit a pattern of `freeze`, and log their names.

    Their blobs get lr_mult and decay_mult 0 and no gradient, and running sums stay as they are.
    Raises SpecError for a pattern that fits no layer with blobs, and where a blob is shared with
    a layer that learns.
    """
    names = [name for name, blobs in net.params.items() if blobs]
    frozen: dict[str, int] = {}
    for index, pattern in enumerate(document.message.freeze):
        fitting = [name for name in names if fnmatchcase(name, pattern)]
        if not fitting:
            raise document.error(f"freeze[{index}]", f"is '{pattern}', which fits no layer with "
                                 f"blobs{nearest(pattern, names)}")
        frozen |= dict.fromkeys(fitting, index)
    if not frozen:
        return
    layers = {step.layer.spec.name: step.layer for step in net.layers}
    learning = {blob.data_ptr(): name for name in names if name not in frozen
                for blob in layers[name].blobs}
    for name, index in frozen.items():
        for blob in layers[name].blobs:
            if blob.data_ptr() in learning:
                raise document.error(f"freeze[{index}]", f"fits layer '{name}', which shares a "
                                     f"blob with '{learning[blob.data_ptr()]}'; freeze both or "
                                     "none")
        layers[name].freeze()
    still = {blob.data_ptr() for name in frozen for blob in layers[name].blobs}
    net.learned = [_frozen(blob) if blob.parameter.data_ptr() in still else blob
                   for blob in net.learned]
    log.info(f"Frozen (freeze): {', '.join(name for name in names if name in frozen)}")


def _frozen(blob: LearnedBlob) -> LearnedBlob:
    blob.parameter.requires_grad_(False)
    return replace(blob, lr_mult=0.0, decay_mult=0.0)
