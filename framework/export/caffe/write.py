"""Write a net in a reader's dialect: prototxt, stripped caffemodel, report; compared before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from framework.definition.prototxt import to_text
from framework.errors import CaffeError
from framework.export.caffe.dialect_net import DialectNet, Verdict
from framework.export.caffe.parts import Floats
from framework.net.net import Net
from framework.proto import LayerParameter, NetParameter
from framework.system.atomic import replacing_together, with_ending
from framework.weights.caffemodel import write_caffemodel

TOLERANCE = 1e-4        # of the largest value of an output


def write_dialect(net: Net, made: DialectNet, out: Path, tolerance: float = TOLERANCE) -> float:
    """Write `out`.prototxt, .caffemodel, .report.txt and the files of a tail: all, or none.

    The net is read back and compared with the given one: returns the largest difference of an
    output, as a part of its largest value. CaffeError if it is over the tolerance.
    """
    ends = [".prototxt", ".caffemodel", ".report.txt", *made.files]
    with replacing_together(*(with_ending(out, end) for end in ends)) as partials:
        paths = dict(zip(ends, partials, strict=True))
        paths[".prototxt"].write_text(to_text(made.message))
        write_stripped(paths[".caffemodel"], made.message, made.blobs)
        largest = compare(net, made, paths[".prototxt"], paths[".caffemodel"], tolerance)
        paths[".report.txt"].write_text(report_text(made.verdicts))
        for end, content in made.files.items():
            paths[end].write_bytes(content)
    return largest


def write_stripped(path: Path, message: NetParameter, blobs: Mapping[str, Sequence[Floats]]
                   ) -> None:
    """A caffemodel with name, type and blobs alone: the numbers of other fields clash."""
    none: list[Floats] = []
    layers = [(LayerParameter(name=layer.name, type=layer.type),
               [np.asarray(blob, np.float32) for blob in blobs.get(layer.name, none)], none)
              for layer in message.layer]
    with open(path, "wb", buffering=1 << 20) as file:
        write_caffemodel(file, message.name, layers)


def compare(net: Net, made: DialectNet, prototxt: Path, caffemodel: Path, tolerance: float
            ) -> float:
    """The largest difference of an output; CaffeError names the first that is over."""
    other = Net(prototxt, "TEST", weights=caffemodel)
    generator = torch.Generator().manual_seed(0)
    given = {name: torch.randn(net.shapes[name], generator=generator)
             for name in net.given_names}
    with torch.no_grad():
        ours = net.run(given)
        theirs = other.run({name: given[name] for name in other.given_names})
    largest = 0.0
    for blob, old in compared_blobs(net, made):
        mine, new = ours[old].double(), theirs[blob].double()
        if mine.shape != new.shape:
            raise CaffeError(f"nothing is written: the output '{blob}' would have the shape "
                             f"{tuple(new.shape)}, not {tuple(mine.shape)}")
        part = float((mine - new).abs().max() / mine.abs().max().clamp(min=1e-30)) \
            if mine.numel() else 0.0
        if not part <= tolerance:
            raise CaffeError(f"nothing is written: the output '{blob}' would differ by {part:.2g} "
                             f"of its largest value; {tolerance:g} is allowed (--tolerance)")
        largest = max(largest, part)
    return largest


def compared_blobs(net: Net, made: DialectNet) -> list[tuple[str, str]]:
    """The outputs by their new and old names; of detections, whose rows are few or many by the
    last digit of a score, what they are computed from."""
    pairs: list[tuple[str, str]] = []
    for blob, old in made.outputs.items():
        new_maker = next(layer for layer in made.message.layer if blob in layer.top)
        old_maker = next(step for step in net.layers if old in step.tops)
        if old_maker.layer.gives_detections:
            # Ascend's form has no bottom for the image, which nothing is read from
            pairs += zip(new_maker.bottom, old_maker.bottoms, strict=False)
        else:
            pairs.append((blob, old))
    return pairs


def report_text(verdicts: Sequence[Verdict]) -> str:
    """One line for each layer: name, type, what became of it, rule and source."""
    width = max((len(verdict.layer) for verdict in verdicts), default=0)
    return "".join(f"{one.layer:{width}}  {one.kind or '-':22}  {one.word:10}  {one.rule}\n"
                   for one in verdicts)
