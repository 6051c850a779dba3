"""tools/export --to darknet: a .cfg and a .weights file, read back and compared."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from framework.errors import CaffeError

if TYPE_CHECKING:
    from framework.net.net import Net


def export_darknet(options: argparse.Namespace) -> int:
    """Write FILE.cfg and FILE.weights, both or neither."""
    # lazy: --help does without it
    from framework.export.check import TOLERANCE
    from framework.export.darknet.write import to_darknet
    from framework.export.source import load
    from framework.system.atomic import replacing_together

    if options.out.suffix != ".cfg":
        raise CaffeError(f"--out is '{options.out}'; --to darknet writes a .cfg file, and the "
                         ".weights file beside it")
    if options.batch not in (None, 1):
        raise CaffeError(f"--batch is {options.batch}; a .cfg file is written for one image")
    net = load(options.model, options.weights, 1, options.ignore_unknown_fields)
    file = to_darknet(net)
    content = file.weights_content()
    weights = options.out.with_suffix(".weights")
    with replacing_together(options.out, weights) as (text, binary):
        text.write_text(file.config_text(net.shapes[net.given_names[0]][1]))
        binary.write_bytes(content)
        tolerance = TOLERANCE if options.tolerance is None else options.tolerance
        largest = read_back(net, file.factor, text, binary, options.out, tolerance)
    print(f"{options.out}: {len(file.sections)} sections; {weights}: {len(content) / 1e6:.1f} MB; "
          f"largest difference {largest:.1e} of an output's largest value")
    return 0


def read_back(net: Net, factor: float, config: Path, weights: Path, out: Path, tolerance: float
              ) -> float:
    """The largest difference of an output of the files. CaffeError if it is over the tolerance.

    factor  on an image from 0 to 1, as Darknet takes it, for the net
    """
    import torch  # lazy: as above

    from framework.export.deploy import run_steps
    from framework.importing.darknet.convert import build_darknet

    other = build_darknet(config, weights)
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(net.shapes[net.given_names[0]], generator=generator)
    found = []
    for one, given in ((net, image * factor), (other, image)):
        with torch.no_grad():
            blobs = run_steps([step for step in one.layers if not step.layer.gives_detections],
                              {one.given_names[0]: given})
        found.append([blobs[name] for name in compared(one)])
    largest = 0.0
    for mine, theirs in zip(*found, strict=True):
        far = (mine.flatten() - theirs.flatten()).abs().max()
        part = float(far / mine.abs().max().clamp(min=1e-30))
        if not part <= tolerance:
            raise CaffeError(f"{out}: is not written: read back, an output differs by {part:.2g} "
                             f"of its largest value; {tolerance:g} is allowed (--tolerance)")
        largest = max(largest, part)
    return largest


def compared(net: Net) -> list[str]:
    """The outputs; of boxes, whose number depends on a score's last digit, the maps."""
    makers = {top: step for step in net.layers for top in step.tops}
    names: list[str] = []
    for output in net.outputs:
        step = makers[output]
        names += step.bottoms if step.layer.gives_detections else [output]
    return names
