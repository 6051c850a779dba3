"""Go through the records of a database, or of all databases of a net or solver.

Lists every bad record, counts the classes, shows how large and how wide the boxes are, and, for a
net with PriorBox layers, which boxes no prior matches and which sizes would.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from framework.cli import app
from framework.errors import DataError

MAX_LISTED = 10
BAR_WIDTH = 40


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="check_data", description=__doc__)
    parser.add_argument("path", metavar="SOLVER|NET|LMDB", type=Path)
    parser.add_argument("--label_map_file", default="", help="of an LMDB given by itself "
                        "(default: labelmap.prototxt beside it)")
    parser.add_argument("--phase", choices=("TRAIN", "TEST"), help="only this phase of a net")
    parser.add_argument("--plot", metavar="FILE.png", type=Path, help="draw the counts, one "
                        "picture for each database: FILE.png, FILE_2.png, ...")
    parser.add_argument("--show", metavar="DIR", type=Path, help="write pictures as the net gets "
                        "them, with their boxes, and check nothing")
    parser.add_argument("--count", type=int, default=16, help="pictures of --show for each layer")
    parser.add_argument("--seed", type=int, default=0, help="of the random changes of --show")
    app.add_net_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code: 1 if a database has too many bad records to train."""
    return app.run(check, make_parser(), arguments)


def check(options: argparse.Namespace) -> int:
    """Check what `path` names. DataError or SpecError for what cannot be opened."""
    path = options.path
    if path.is_dir() or path.name == "data.mdb":
        if options.show:
            raise DataError(f"--show needs a net or solver, whose data layer {path} is read by")
        beside = path.absolute().parent / "labelmap.prototxt"
        if not options.label_map_file and beside.is_file():
            print(f"labels as in {beside}")
            options.label_map_file = str(beside)
        return report(str(path), options.label_map_file, plot=options.plot)
    if not path.exists():
        raise DataError(f"{path}: there is no such file or database; {how_to_make()}")
    if options.show:
        from framework.cli import show_data

        return show_data.show_files(net_paths(path), options)
    from framework.cli import check_net

    return check_net.check_files(net_paths(path), options)


def how_to_make() -> str:
    from framework.data.records.database import HOW_TO_MAKE

    return HOW_TO_MAKE


def net_paths(path: Path) -> list[Path]:
    """The nets that a solver names, or the net itself."""
    text = re.sub(r"#.*", "", path.read_text())
    named = re.findall(r"\b(?:train_|test_)?net\s*:\s*[\"']([^\"']+)[\"']", text)
    return [Path(name) for name in dict.fromkeys(named)] or [path]


def report(path: str, label_map_file: str = "", color: bool | None = None,
           needs_boxes: bool = True, priors: Callable[[Any], None] | None = None,
           size: tuple[int, int] | None = None, plot: Path | None = None) -> int:
    """Print what is in a database; 1 if too many records are bad.

    priors  prints what a net's priors make of the Survey. Any: a Survey, loaded here
    size    (width, height) to which the net resizes the pictures; None: it does not
    plot    where to draw it
    """
    from framework.data.loading.bad_records import MAX_BAD_SHARE
    from framework.data.records.database import open_database
    from framework.data.records.label_map import object_labels, read
    from framework.data.survey import survey_database

    database = open_database(path)
    label_map = read(label_map_file) if label_map_file and Path(label_map_file).exists() else None
    if label_map_file and label_map is None:
        print(f"label_map_file {label_map_file} is absent: the labels are not checked")
    labels = object_labels(label_map) if label_map is not None else None
    found = survey_database(database, path, color, labels, needs_boxes)
    names = {item.label: item.display_name or item.name
             for item in (label_map.item if label_map is not None else ())}
    print(f"\n{path}: {len(found.names)} records, {len(found.bad)} of them bad")
    for name, reason in found.bad:
        print(f"  bad: {name}: {reason}")
    print_pictures(found, names)
    if len(found.boxes):
        print_boxes(found, size)
        if priors is not None:
            priors(found)
    if plot is not None:
        write_plot(found, names, size, plot)
    return int(len(found.bad) > max(1, MAX_BAD_SHARE * len(found.names)))


def write_plot(found: Any, names: dict[int, str], size: tuple[int, int] | None,
               path: Path) -> None:
    """Draw a Survey (Any: loaded here) into a file. DataError if it cannot be written."""
    import cv2

    from framework.data.charts import draw_survey

    picture = draw_survey(found, names, size)
    try:
        written = cv2.imwrite(str(path), picture)
    except cv2.error:
        written = False
    if not written:
        raise DataError(f"{path}: cannot be written; is it a .png in a folder that exists?")
    print(f"{path}: drawn")


def print_pictures(found: Any, names: dict[int, str]) -> None:
    """Sizes of the pictures and counts of the classes. Any: a Survey."""
    from framework.data.survey import label_counts

    sizes = found.sizes.most_common()
    listed = ", ".join(f"{width} x {height}: {count}"
                       for (width, height), count in sizes[:MAX_LISTED])
    print(f"pictures (width x height): {listed}"
          + (f" and {len(sizes) - MAX_LISTED} other sizes" if len(sizes) > MAX_LISTED else ""))
    print("classes:")
    for label, boxes, pictures in label_counts(found):
        name = f" {names[label]}" if label in names else ""
        print(f"  {label:4}{name}: " + (f"{boxes} boxes in " if boxes else "")
              + f"{pictures} pictures")


def print_boxes(found: Any, size: tuple[int, int] | None) -> None:
    """Histograms of the boxes. Any: a Survey; `size` as in `report`."""
    from framework.data.survey import ASPECT_EDGES, SIZE_EDGES, histogram

    corners = found.corners
    passing = int(((corners < 0) | (corners > 1)).any(1).sum())
    flat = int((corners[:, 2:] <= corners[:, :2]).any(1).sum())
    print(f"boxes: {len(corners)}, {len(corners) / len(set(found.records.tolist())):.1f} a "
          f"picture; {passing} pass the border, {flat} have no area")
    print("box size, side of a square as large, in % of the picture:")
    print_bars([(f"{100 * low:g} - {100 * high:g}", count)
                for low, high, count in histogram(found.sides(), SIZE_EDGES)])
    print("box width over height, in pixels" + (f" of {size[0]} x {size[1]}:" if size else ":"))
    print_bars([(f"{low:.2f} - {high:.2f}", count)
                for low, high, count in histogram(found.aspects(size), ASPECT_EDGES)])


def print_bars(rows: list[tuple[str, int]]) -> None:
    most = max((count for _, count in rows), default=0) or 1
    for name, count in rows:
        print(f"  {name:>12} {count:7} " + "#" * round(BAR_WIDTH * count / most))
