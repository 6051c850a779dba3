"""Whether the sizes of priors that check_data proposes cost average precision.

    python benchmarks/prior_sizes.py FOLDER [--sets cards signs] [--iterations 300]

Draws two data sets that solvers/ssd_bccd.prototxt was not made for, trains its net on each with
the shipped sizes and, where tools/check_data proposes others, with those, and prints the mean
average precision of each on images that were not trained on. What it makes is in FOLDER.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.data.datasets.label_files import Box
from framework.data.datasets.voc import annotation

ROOT = Path(__file__).resolve().parents[1]
NUM_TRAIN = 240
NUM_TEST = 80
Image = NDArray[np.uint8]


def table(generator: np.random.Generator, width: int, height: int) -> Image:
    """A background with noise and some lines."""
    colour = generator.integers(40, 150, 3)
    noise = generator.normal(0, 12, (height, width, 3))
    image = np.clip(colour + noise, 0, 255).astype(np.uint8)
    for _ in range(6):
        ends = generator.integers(0, (width, height), (2, 2)).tolist()
        cv2.line(image, ends[0], ends[1], generator.integers(0, 255, 3).tolist(), 1)
    return image


def cards(generator: np.random.Generator) -> tuple[Image, list[Box]]:
    """480 x 360: up to three playing cards, and the small tall signs in their corners."""
    image = table(generator, 480, 360)
    boxes = []
    for slot in generator.permutation(3)[: generator.integers(1, 4)]:
        height = int(generator.integers(110, 200))
        width = round(height * 0.68)
        x = int(slot * 160 + generator.integers(2, 158 - width))
        y = int(generator.integers(2, 358 - height))
        cv2.rectangle(image, (x, y), (x + width, y + height), (235, 240, 238), -1)
        cv2.rectangle(image, (x, y), (x + width, y + height), (60, 60, 60), 1)
        rank = str(generator.choice(["A", "K", "7"]))
        colour = (30, 30, 190) if generator.random() < 0.5 else (20, 20, 20)
        scale = height / 320
        for left, top in ((x + 4, y + 4), (x + width - 22, y + height - 34)):
            cv2.putText(image, rank, (left, top + 16), cv2.FONT_HERSHEY_SIMPLEX, scale + 0.15,
                        colour, 2)
            cv2.circle(image, (left + 6, top + 24), 4, colour, -1)
            boxes.append(Box(rank, (left - 2, top - 1, left + 17, top + 31)))
        boxes.append(Box("card", (x, y, x + width, y + height)))
    return image, boxes


def signs(generator: np.random.Generator) -> tuple[Image, list[Box]]:
    """640 x 360: road signs of very different sizes, and the thin posts of lamps."""
    image = table(generator, 640, 360)
    boxes = []
    for slot in generator.permutation(4)[: generator.integers(1, 5)]:
        centre = int(slot * 160 + 80)
        if generator.random() < 0.4:
            width = int(generator.integers(12, 22))
            length = int(generator.integers(60, 110))
            y = int(generator.integers(4, 350 - length))
            cv2.rectangle(image, (centre, y), (centre + width, y + length), (170, 170, 170), -1)
            cv2.circle(image, (centre + width // 2, y + width // 2), width // 2, (90, 240, 250), -1)
            boxes.append(Box("lamp", (centre, y, centre + width, y + length)))
            continue
        radius = int(np.exp(generator.uniform(np.log(10), np.log(74))))
        y = int(generator.integers(radius + 2, 358 - radius))
        if generator.random() < 0.5:
            cv2.circle(image, (centre, y), radius, (40, 40, 210), -1)
            cv2.circle(image, (centre, y), radius * 2 // 3, (240, 240, 240), -1)
            name = "limit"
        else:
            corners = [(centre, y - radius), (centre + radius, y + radius),
                       (centre - radius, y + radius)]
            cv2.fillPoly(image, [np.array(corners)], (40, 210, 240))
            name = "warning"
        boxes.append(Box(name, (centre - radius, y - radius, centre + radius, y + radius)))
    return image, boxes


SETS: dict[str, Callable[[np.random.Generator], tuple[Image, list[Box]]]] = {
    "cards": cards, "signs": signs}


def draw(folder: Path, name: str) -> None:
    """The data set `name` in VOC's layout."""
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    names = [f"{index:04d}" for index in range(NUM_TRAIN + NUM_TEST)]
    for index, one in enumerate(names):
        image, boxes = SETS[name](np.random.default_rng([1, index]))
        cv2.imwrite(str(folder / "JPEGImages" / f"{one}.jpg"), image)
        text = annotation(f"{one}.jpg", image.shape[1], image.shape[0], boxes)
        (folder / "Annotations" / f"{one}.xml").write_text(text)
    lists = {"trainval": names[:NUM_TRAIN], "test": names[NUM_TRAIN:]}
    for split, members in lists.items():
        (folder / "ImageSets" / "Main" / f"{split}.txt").write_text("\n".join(members) + "\n")


def tool(name: str, *arguments: object, folder: Path) -> str:
    """What a program of tools/ prints; it runs in `folder`."""
    done = subprocess.run([sys.executable, str(ROOT / "tools" / name), *map(str, arguments)],
                          cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def own_net(folder: Path, name: str, sizes: dict[str, str]) -> Path:
    """A copy of ssd_bccd's net and solver for the data of `folder`; the solver's path.

    sizes  of each source by its bottom, in place of the shipped ones
    """
    zoo = ROOT / "prototxt" / "ssd_bccd"
    classes = len(re.findall("item", (folder / "db" / "labelmap.prototxt").read_text()))
    text = (zoo / "train_test.prototxt").read_text().replace("data/bccd_lmdb", "db")
    text = text.replace("num_classes: 4 ", f"num_classes: {classes} ")
    text = text.replace("[187, 179, 188]", "[110, 110, 110]").replace(
        '"backbone.prototxt"', f'"{zoo}/backbone.prototxt"')
    for bottom, fields in sizes.items():
        text = re.sub(rf'(bottom: "{bottom}") (?:m\w+_size: \d+ )+', rf"\1 {fields} ", text)
    (folder / f"{name}.prototxt").write_text(text)
    return folder / f"{name}.prototxt"


def precision(folder: Path, net: Path, iterations: int) -> float:
    """The mean average precision on the test images after a training."""
    text = (ROOT / "solvers" / "ssd_bccd.prototxt").read_text()
    text = re.sub(r'net: ".*"', f'net: "{net.name}"', text)
    text = re.sub(r"max_iter: \d+", f"max_iter: {iterations}", text)
    text = re.sub(r"test_iter: \d+.*", "test_iter: 7", text)
    text = re.sub(r'prefix: ".*"', f'prefix: "{net.stem}"', text)
    solver = folder / f"{net.stem}_solver.prototxt"
    solver.write_text(text.replace("test_interval: 500", f"test_interval: {iterations}"))
    log = tool("train", "--solver", solver.name, folder=folder)
    (folder / f"{net.stem}.log").write_text(log)
    return float(re.findall(r"detection_eval = ([\d.]+)", log)[-1])


def proposed(folder: Path, net: Path) -> dict[str, str]:
    """The sizes that check_data proposes for the training data, by bottom; none: it does not."""
    found = tool("check_data", net.name, "--phase", "TRAIN", folder=folder)
    (folder / "check_data.txt").write_text(found)
    rows = re.findall(r"^  (\w+)_mbox_priorbox: (min_size: [^;]*): \d+ priors", found, re.MULTILINE)
    return dict(rows)


def main() -> None:
    """Run the comparison that the flags ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", choices=tuple(SETS), default=tuple(SETS))
    parser.add_argument("--iterations", type=int, default=300)
    options = parser.parse_args()
    for name in options.sets:
        folder = options.folder / name
        draw(folder / "voc", name)
        tool("convert_dataset", "voc", "db", "--split", "trainval", "test", folder=folder)
        net = own_net(folder, "shipped", {})
        sizes = proposed(folder, net)
        print(f"{name}: check_data proposes {sizes or 'to keep the sizes'}", flush=True)
        print(f"  shipped sizes: mAP {precision(folder, net, options.iterations):.3f}", flush=True)
        if sizes:
            other = own_net(folder, "proposed", sizes)
            print(f"  proposed sizes: mAP {precision(folder, other, options.iterations):.3f}",
                  flush=True)


if __name__ == "__main__":
    main()
