"""Flags of all programs: good commands with odd values, flags lost, doubled and added."""

import argparse
import importlib
import json
import random
import shutil
from collections.abc import Callable
from functools import cache

import cv2
import onnx
import pytest

from framework.cli import app
from framework.errors import CaffeError
from framework.export.onnx_model import Options, to_model
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.data.images import make_voc
from tests.data.making import annotated_net, good_records, image, write_database
from tests.fuzz.harness import Target
from tests.fuzz.labels import LOG, Box
from tests.quadrants import write_net
from tests.solver_runs import NET, PARAMS

WORDS = ("", "0", "1", "2", "3", "-1", "0.5", "nan", "inf", "1e999", "x", "sub/x", "é",
         "-", "--", "none", "all", "TRAIN", "true", "1x1", "0x0", "5,6", "train=0.5", "x" * 300,
         "9" * 40, "999999999999", "/dev/null", "/dev/full", "/nowhere/x", ".", "*", "%s", "=")
# what starts processes, compiles for minutes, shows tracebacks, or turns torch's switches
LEFT_ALONE = {"--workers", "--compile", "--debug", "--help", "-h", "--precision", "--jobs"}
WHOLE = ("export", "import")    # an error of these leaves no file behind
NEW = "NEW:"                # marks what a program makes: it is never the name of a given file
SMALL = """layer { name: "x" type: "Input" top: "x"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 6 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 4
  kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
"""
CLASSES = """layer { name: "ip" type: "InnerProduct" bottom: "c" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "p" type: "Softmax" bottom: "ip" top: "p" }
"""
PIXELS = 'layer { name: "p" type: "Softmax" bottom: "c" top: "p" }'
COMMANDS = {
    "classify": [["--model", "classes.prototxt", "--weights", "classes.caffemodel", "images"]],
    "compare": [["classes.prototxt,classes.caffemodel", "classes.prototxt,classes.caffemodel"]],
    "completion": [["bash"]],
    "draw": [["classes.prototxt", "--out", NEW + "o.html"], ["net.prototxt", NEW + "o.dot"]],
    "merge_bn": [["--model", "pixels.prototxt", "--weights", "pixels.caffemodel",
                  "--out-model", NEW + "o", "--out-weights", NEW + "p"]],
    "new": [["detector", "voc", "--out", NEW + "o"], ["classifier", "by_class", "--out", NEW + "o"],
            ["segmenter", "by_class", "--out", NEW + "o"]],
    "report": [["--model", "net.prototxt", "--weights", "net.caffemodel", "--iterations", "1",
                "--out", NEW + "o"]],
    "resize_classes": [["--model", "quad/deploy.prototxt", "--weights", "quad/weights.caffemodel",
                        "--classes", "2", "--out-model", NEW + "o", "--out-weights", NEW + "p"]],
    "segment": [["--model", "pixels.prototxt", "--weights", "pixels.caffemodel", "--out", NEW + "o",
                 "images"]],
    "zoo": [["lenet"]],
    "check_data": [["db"], ["data.prototxt", "--show", NEW + "o"],
                   ["data.prototxt", "--phase", "TRAIN"]],
    "compute_image_mean": [["db", NEW + "mean"]],
    "convert_annoset": [["--anno_type", "detection", "--label_map_file", "map", "voc", "boxes.lst",
                         NEW + "o"]],
    "convert_dataset": [["voc", NEW + "o"], ["voc", NEW + "o", "--split", "train=0.5"]],
    "convert_imageset": [["images", "list", NEW + "o"]],
    "create_label_map": [["names", NEW + "o"]],
    "detect": [["--model", "quad/deploy.prototxt", "--weights", "quad/weights.caffemodel",
                "--out", NEW + "o", "images"]],
    "expand": [["net.prototxt"]],
    "export": [["--model", "quad/deploy.prototxt", "--weights", "quad/weights.caffemodel",
                "--out", NEW + "o.onnx", "--no-check"],
               ["--model", "quad/deploy.prototxt", "--weights", "quad/weights.caffemodel",
                "--to", "caffe", "--for", "rknn", "--out", NEW + "o"],
               ["--model", "quad/deploy.prototxt", "--weights", "quad/weights.caffemodel",
                "--to", "ncnn", "--no-check", "--out", NEW + "o.param"]],
    "export_dataset": [["db", NEW + "o", "--label_map_file", "map"]],
    "extract_features": [["net.caffemodel", "net.prototxt", "ip", NEW + "o", "2", "lmdb"]],
    "get_image_size": [["images", "list", NEW + "o"]],
    "import": [["quad.onnx", "--out", NEW + "o"], ["quad.onnx", "--plain", "--out", NEW + "o"]],
    "inspect": [["net.prototxt"], ["--summary", "net.prototxt", "data.prototxt"]],
    "layers": [["Pooling"]],
    "make_dataset": [["strings", NEW + "o", "--train", "1", "--test", "1"]],
    "make_shapes": [[NEW + "o", "--train", "1", "--test", "1"]],
    "parse_log": [["log", NEW + "o"]],
    "plot_log": [["log", "--out", NEW + "o.png"]],
    "test": [["--model", "net.prototxt", "--weights", "net.caffemodel", "--iterations", "2"]],
    "time": [["--model", "net.prototxt", "--iterations", "2"]],
    "train": [["--solver", "solver.prototxt"], ["--solver", "solver.prototxt", "--weights",
                                                "net.caffemodel", "--keep", "1"]],
    "upgrade_net": [["net.prototxt", NEW + "o.prototxt"], ["net.caffemodel", NEW + "o.caffemodel"]],
    "upgrade_solver": [["solver.prototxt", NEW + "o.prototxt"]],
}


class Programs(Target):
    """A case is a command line as a list of JSON. Exit codes are 0 to 2, without a traceback."""

    name = "programs"

    def prepare(self) -> None:
        place = self.given
        (place / "net.prototxt").write_text(NET)
        save_weights(Net(place / "net.prototxt"), place / "net.caffemodel")
        write_database(place / "db", good_records(4))
        (place / "map").write_text('item { name: "cat" label: 1 }\nitem { name: "dog" label: 2 }\n'
                                   'item { name: "bird" label: 3 }\n')
        (place / "data.prototxt").write_text(annotated_net(
            place / "db", 2, annotated=f'label_map_file: "{place / "map"}"',
            transform="resize_param { height: 20 width: 30 }"))
        (place / "solver.prototxt").write_text(
            f'net: "{place / "net.prototxt"}" max_iter: 2 snapshot: 1 {PARAMS}')
        boxes = [Box("cat", (1, 2, 30, 20))]
        words = [f"image{index}" for index in range(12)]
        make_voc(place / "voc", dict.fromkeys(words, boxes))
        lines = [f"JPEGImages/{name}.jpg Annotations/{name}.xml\n" for name in words[:2]]
        (place / "boxes.lst").write_text("".join(lines))
        (place / "images").mkdir()
        cv2.imwrite(str(place / "images/a.png"), image(1))
        cv2.imwrite(str(place / "images/b.jpg"), image(2))
        (place / "list").write_text("a.png 0\nb.jpg 1\n")
        (place / "names").write_text("cat 1 Cat\ndog 2 Dog\n")
        (place / "log").write_text(LOG)
        for name, head in (("classes", CLASSES), ("pixels", PIXELS)):
            (place / f"{name}.prototxt").write_text(SMALL + head)
            save_weights(Net(place / f"{name}.prototxt", "TEST"), place / f"{name}.caffemodel")
        for index in range(12):
            folder = place / "by_class" / f"c{index % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f"{index}.png"), image(index))
        (place / "quad").mkdir()
        model, weights = write_net(place / "quad")
        shutil.move(model, place / "quad/deploy.prototxt")
        shutil.move(weights, place / "quad/weights.caffemodel")
        onnx.save(to_model(Net(place / "net.prototxt", "TEST"), Options()), place / "quad.onnx")

    def make(self, rng: random.Random) -> bytes:
        program = rng.choice(sorted(COMMANDS))
        line = list(rng.choice(COMMANDS[program]))
        for _ in range(rng.choice([1, 1, 2, 3])):
            place, kind = rng.randrange(len(line)), rng.randrange(5)
            if kind == 0 and len(line) > 1:
                del line[place]
            elif kind == 1 or line[place].startswith("--"):
                flag = rng.choice(flags_of(program))
                line[place:place] = [flag, rng.choice(WORDS)] if rng.random() < 0.8 else [flag]
            elif line[place].startswith(NEW):
                line[place] = NEW + rng.choice([word for word in WORDS
                                            if word != "." and not word.startswith("/")])
            elif line[place - 1] == "--out":    # what is given stays as it is
                continue
            elif rng.random() < 0.5:
                line[place] = rng.choice(WORDS)
            else:
                line[place] = rng.choice(sorted(path.name for path in self.given.iterdir()))
        return json.dumps([program, *line]).encode()

    def run(self, case: bytes) -> None:
        program, *line = json.loads(case)
        names = {path.name for path in self.given.iterdir()}
        words = [",".join(str(self.given / part) if part.split("/")[0] in names
                          else part.removeprefix(NEW) for part in word.split(","))
                 for word in line]
        code = run(importlib.import_module(f"framework.cli.{program}").main, words)
        assert code in (0, 1, 2), f"exit code {code}"
        if code:
            left = sorted(path.name for path in self.out.iterdir())
            assert program not in WHOLE or not left, f"an error, and still {left}"
            raise CaffeError(f"exit code {code}")


def run(main: Callable[[list[str]], int], words: list[str]) -> object:
    """The exit code of a program, which wrong flags end by SystemExit."""
    try:
        return main(words)
    except SystemExit as end:
        return end.code


@cache
def flags_of(program: str) -> list[str]:
    """The flags that a program's parser knows."""
    module = importlib.import_module(f"framework.cli.{program}")
    found: list[str] = []

    def look(main: object, parser: argparse.ArgumentParser, argv: object = None) -> int:
        found.extend(flag for action in parser._actions for flag in action.option_strings)
        return 0

    holder = module if getattr(module, "run", None) is app.run else app
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, "run", look)
        module.main([])
    return sorted(set(found) - LEFT_ALONE) or ["--x"]
