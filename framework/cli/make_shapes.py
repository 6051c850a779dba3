"""Generate a synthetic detection data set in VOC's layout: circles, squares, triangles, stars.

JPEGImages, Annotations and ImageSets/Main/{trainval,test}.txt appear in OUT when all of it is
drawn. The same seed draws the same images. With --masks OUT/coco.yaml describes the same images
with the outlines of the shapes, in COCO's layout, for tools/convert_dataset; with --segmentation
there are label images in SegmentationClass, ImageSets/Segmentation and labelmap.txt too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from framework.cli import app, gflags
from framework.data.convert.conversion import in_order
from framework.data.datasets.label_files import Box
from framework.data.datasets.synthetic import NAMES, Shape, draw_image, label_image
from framework.data.datasets.voc import annotation
from framework.data.records.label_image import encode, voc_palette
from framework.system.atomic import new_folder
from framework.system.progress import Progress
from framework.system.wording import counted


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="tools/make_shapes", description=__doc__,
                                     epilog="example: tools/make_shapes shapes --train 800")
    count = gflags.whole_number(0, 1_000_000)       # names have six digits
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make")
    parser.add_argument("--train", type=count, metavar="N", default=800,
                        help="images in trainval (default: %(default)s)")
    parser.add_argument("--test", type=count, metavar="N", default=200,
                        help="images in test (default: %(default)s)")
    parser.add_argument("--masks", action="store_true",
                        help="write the outlines of the shapes too, in COCO's layout")
    parser.add_argument("--segmentation", action="store_true",
                        help="draw label images too, in which a pixel is of a shape or background")
    app.add_drawing_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(make, make_parser(), arguments)


def make(options: argparse.Namespace) -> int:
    """Draw everything into OUT."""
    names = [f"{index:06d}" for index in range(options.train + options.test)]
    kinds = ("Main", "Segmentation") if options.segmentation else ("Main",)
    with new_folder(options.out, options.redo) as folder:
        for part in ("JPEGImages", "Annotations", *(f"ImageSets/{kind}" for kind in kinds)):
            (folder / part).mkdir(parents=True)
        if options.segmentation:
            (folder / "SegmentationClass").mkdir()
            (folder / "labelmap.txt").write_text(_label_map())

        def draw(name: str) -> Drawn:
            return draw_files(folder, name, np.random.default_rng([options.seed, int(name)]),
                              options.segmentation)

        drawn = list(Progress(len(names), "draw").over(in_order(draw, names, options.jobs)))
        num_shapes = sum(len(one.shapes) for one in drawn)
        splits = {"trainval": names[: options.train], "test": names[options.train :]}
        for split, members in splits.items():
            text = "".join(f"{name}\n" for name in members)
            for kind in kinds:
                (folder / "ImageSets" / kind / f"{split}.txt").write_text(text)
        if options.masks:
            write_coco(folder, drawn[:options.train], drawn[options.train:])
    print(f"{options.out}: {counted(len(names), 'image')}, {counted(num_shapes, 'shape')}")
    return 0


@dataclass(frozen=True)
class Drawn:
    """An image that was written, and the shapes in it."""

    name: str
    width: int
    height: int
    shapes: list[Shape]


def write_coco(folder: Path, train: Sequence[Drawn], test: Sequence[Drawn]) -> None:
    """Write the instances files of both splits, and coco.yaml, which names them."""
    # in the order that the other layout's classes have
    lines = ["format: coco", f"names: [{', '.join(sorted(NAMES))}]", "splits:"]
    (folder / "annotations").mkdir()
    for split, images in (("trainval", train), ("test", test)):
        path = f"annotations/instances_{split}.json"
        (folder / path).write_text(json.dumps(_instances(images)))
        lines.append(f"  {split}: {{images: JPEGImages, annotations: {path}}}")
    (folder / "coco.yaml").write_text("\n".join(lines) + "\n")


def _instances(images: Sequence[Drawn]) -> dict[str, list[dict[str, object]]]:
    annotations: list[dict[str, object]] = []
    for image in images:
        for shape in image.shapes:
            x1, y1, x2, y2 = shape.corners
            annotations.append({
                "id": len(annotations) + 1, "image_id": int(image.name),
                "category_id": NAMES.index(shape.name) + 1, "iscrowd": 0,
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "area": cv2.contourArea(shape.outline.astype(np.float32)),
                "segmentation": [[round(number, 2) for number in shape.outline.ravel().tolist()]]})
    return {"images": [{"id": int(image.name), "file_name": f"{image.name}.jpg",
                        "width": image.width, "height": image.height} for image in images],
            "annotations": annotations,
            "categories": [{"id": number, "name": name} for number, name in enumerate(NAMES, 1)]}


def draw_files(folder: Path, name: str, generator: np.random.Generator,
               with_labels: bool = False) -> Drawn:
    """Write one JPEG and its XML, and its label image."""
    image, shapes = draw_image(generator)
    height, width = image.shape[:2]
    quality = int(generator.integers(75, 96))
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    (folder / "JPEGImages" / f"{name}.jpg").write_bytes(content.tobytes())
    boxes = [Box(shape.name, shape.corners) for shape in shapes]
    text = annotation(f"{name}.jpg", width, height, boxes)
    (folder / "Annotations" / f"{name}.xml").write_text(text)
    if with_labels:
        labels = label_image(shapes, width, height)
        (folder / "SegmentationClass" / f"{name}.png").write_bytes(encode(labels, voc_palette()))
    return Drawn(name, width, height, shapes)


def _label_map() -> str:
    """The classes and their colours, as CVAT writes them."""
    lines = ["# label:color_rgb:parts:actions\n"]
    for name, colour in zip(("background", *NAMES), voc_palette(), strict=False):
        lines.append(f"{name}:{','.join(map(str, colour))}::\n")
    return "".join(lines)
