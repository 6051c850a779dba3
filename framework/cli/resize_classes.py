"""Give an SSD other classes; the filters of named ones are kept.

The convolutions that make the scores get num_priors times the new number of classes as outputs;
background and the classes of --keep, or those of one name in both label maps, take their old
filters, the others those of the filler. The result is what training begins with.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app
from framework.errors import CaffeError


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/resize_classes", description=__doc__,
        epilog="example: tools/resize_classes --model deploy.prototxt --weights voc.caffemodel "
               "--classes 3 --keep 1=15,2=7 --out-model two.prototxt --out-weights two.caffemodel")
    parser.add_argument("--model", required=True, metavar="FILE",
                        help="prototxt of an SSD")
    parser.add_argument("--weights", required=True, metavar="FILE",
                        help="caffemodel")
    parser.add_argument("--classes", type=int, metavar="N",
                        help="the new number, background counted (default: "
                        "that of --labelmap)")
    parser.add_argument("--keep", default="", metavar="NEW=OLD,...",
                        help="labels that take the filters of old ones")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="the new label map")
    parser.add_argument("--old-labelmap", "--old_label_map_file", default="", metavar="FILE",
                        help="the old one: classes of one name in "
                        "both keep their filters")
    parser.add_argument("--out-model", required=True, type=Path, metavar="FILE",
                        help="prototxt to write")
    parser.add_argument("--out-weights", required=True, type=Path, metavar="FILE",
                        help="caffemodel to write")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(resize, make_parser(), arguments)


def resize(options: argparse.Namespace) -> None:
    """Write both files."""
    # lazy: --help does without it
    from framework.data.records.label_map import names_by_label, read
    from framework.export.surgery import resize_classes

    names = names_by_label(read(options.labelmap)) if options.labelmap else {}
    number = max(names, default=-1) + 1 if options.classes is None else options.classes
    if number < 2:
        raise CaffeError("give --classes, from 2 on, or --labelmap")
    sources = pairs(options.keep)
    if options.old_labelmap:
        if not names:
            raise CaffeError("--old-labelmap needs --labelmap, whose names it compares")
        labels = {name: label for label, name in
                  names_by_label(read(options.old_labelmap)).items()}
        sources = {new: labels[name] for new, name in names.items() if name in labels} | sources
    changed = resize_classes(options.model, options.weights, number, sources, options.labelmap)
    changed.write(options.out_model, options.out_weights)
    kept = ", ".join(f"{new} from {old}" for new, old in sorted(sources.items())) or "background"
    print(f"{options.out_model}, {options.out_weights}: {number} classes, {len(changed.done)} "
          f"heads; kept: {kept}")


def pairs(text: str) -> dict[int, int]:
    """NEW=OLD,... as numbers."""
    parts = [part for part in text.split(",") if part]
    try:
        found = {int(new): int(old) for new, old in (part.split("=") for part in parts)}
    except ValueError:
        raise CaffeError(f"--keep is '{text}'; it must be NEW=OLD,NEW=OLD,...") from None
    if len(found) < len(parts):
        raise CaffeError(f"--keep is '{text}', which names a new label twice")
    return found
