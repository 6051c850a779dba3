"""Trained nets: a TEST net with all its weights, and the names of its classes."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from pathlib import Path

import torch

from framework.data.records import label_map
from framework.definition.prototxt import Document
from framework.definition.spec import NetSpec
from framework.errors import CaffeError, WeightsError
from framework.layers.base import Source, class_of
from framework.net.class_counts import check_scored_labels, label_map_path
from framework.net.net import Net
from framework.net.open_sizes import unsized
from framework.net.reading import read_net
from framework.net.stubs import leave_out_unread_stubs
from framework.weights.weights import LoadReport, load_weights

LOG = logging.getLogger(__name__)


def trained_net(model: str | Path | Document, weights: str | Path,
                device: str | torch.device = "cpu") -> Net:
    """The TEST net with its weights, as `load_all_weights` has it; data layers are not opened."""
    document = model if isinstance(model, Document) else read_net(model)
    leave_out_unread_stubs(document)
    warn_of_assumed_sizes(NetSpec(document, "TEST"))
    net = Net(document, "TEST", skip_data=True, device=device)
    load_all_weights(net, weights).warn(weights)
    return net


def warn_of_assumed_sizes(spec: NetSpec) -> None:
    """Name in the log the data layers whose text does not say how large images are, and the size
    that is assumed: all shapes after them follow from it."""
    for layer in unsized(spec):
        cls = class_of(layer)
        assert issubclass(cls, Source)
        with contextlib.suppress(CaffeError):       # the building of the net says it
            images = cls.assumed_shapes(layer)[0]
            LOG.warning("%s: does not say how large its images are; %s are assumed",
                        layer.place(), " x ".join(map(str, images[1:])))


def load_all_weights(net: Net, weights: str | Path) -> LoadReport:
    """Load the weights of a net that is to be used, not trained.

    WeightsError for layers without weights: a net of noise finds boxes as well. Those that the
    prototxt fills on purpose, as upsampling, are only in the report.
    """
    report = load_weights(net, weights)
    made_up = [step.layer.spec.name for step in net.layers
               if step.layer.spec.name in report.not_in_file and not step.layer.has_stated_blobs]
    if made_up:
        raise WeightsError(f"{weights}: has no weights for the layers {', '.join(made_up)} of "
                           f"{net.spec.path}; layers are found by their names")
    return report


def class_names(net: Net) -> dict[int, str]:
    """Display names by label, from the label map that the net names; {} if it is not there."""
    path = label_map_path(net.spec)
    return label_map.names_by_label(label_map.read(path)) if path else {}


def check_output_labels(net: Net, path: str, labels: Collection[int]) -> None:
    """SpecError if a label map that is given beside a net with one output, scores on axis 1, has
    other classes."""
    output = net.outputs[0]
    spec = next(step.layer.spec for step in reversed(net.layers) if output in step.tops)
    check_scored_labels(spec, output, net.shapes[output][1], path, labels)
