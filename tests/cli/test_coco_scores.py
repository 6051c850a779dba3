"""tools/test and COCO's files: figures of a net and of a results file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from framework.cli.test import main
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.evaluation.random_sets import random_set
from tests.evaluation.test_coco import EXPECTED

ARGUMENTS = (1, 40, 5, 6, 12)
SIDE = 1024         # of all images: parts of it are exact in float32
ROOM = 16           # added to x and y, so that no box is clipped
NET = """name: "scored"
layer { name: "data" type: "HDF5Data" top: "det" top: "gt"
  hdf5_data_param { source: "list.txt" batch_size: 1 } }
layer { name: "eval" type: "DetectionEvaluate" bottom: "det" bottom: "gt" top: "eval"
  detection_evaluate_param { num_classes: 10 evaluate_difficult_gt: false
    name_size_file: "sizes.txt" } }
"""


def rows_of(entries, image, width):
    """Rows of one image: item, category, score or instance, corners as parts, difficult."""
    rows = []
    for entry in entries:
        if entry["image_id"] == image:
            x, y, wide, high = entry["bbox"]
            corners = [x / SIDE, y / SIDE, (x + wide) / SIDE, (y + high) / SIDE]
            rows.append([0, entry["category_id"], entry.get("score", 0), *corners,
                         entry.get("iscrowd", 0)][:width])
    return rows


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The net whose data are the boxes and detections of a random set, image by image."""
    monkeypatch.chdir(tmp_path)
    instances, results = random_set(*ARGUMENTS)
    for entry in [*instances["annotations"], *results]:
        entry["bbox"] = [entry["bbox"][0] + ROOM, entry["bbox"][1] + ROOM, *entry["bbox"][2:]]
    ids = [image["id"] for image in instances["images"]]
    Path("instances.json").write_text(json.dumps(instances))
    Path("detections.json").write_text(json.dumps(results))
    Path("sizes.txt").write_text("".join(f"{image:012d} {SIDE} {SIDE}\n" for image in ids))
    columns = {}
    for name, entries, width in (("det", results, 7), ("gt", instances["annotations"], 8)):
        parts = [rows_of(entries, image, width) for image in ids]
        blob = np.full((len(ids), 1, max(map(len, parts)), width), -1, np.float32)
        for part, own in zip(parts, blob, strict=True):
            own[0, :len(part)] = np.array(part).reshape(-1, width)
        columns[name] = blob
    with h5py.File("data.h5", "w") as file:
        for name, blob in columns.items():
            file[name] = blob
    Path("list.txt").write_text("data.h5\n")
    Path("net.prototxt").write_text(NET)


def figures(errors: str) -> list[float]:
    return [float(value) for value in re.findall(r"maxDets= *\d+ \] = (\S+)", errors)]


@pytest.fixture
def weights():
    save_weights(Net("net.prototxt"), "w.caffemodel")
    return "w.caffemodel"


def test_a_nets_detections_score_against_an_instances_file_as_pycocotools_says(weights, capsys):
    assert main(["--model", "net.prototxt", "--weights", weights, "--iterations", "40", "--metric",
                 "coco", "--results", "out.json", "--annotations", "instances.json"]) == 0

    np.testing.assert_allclose(figures(capsys.readouterr().err), EXPECTED[ARGUMENTS], rtol=1e-5)
    assert main(["--detections", "out.json", "--annotations", "instances.json"]) == 0
    np.testing.assert_allclose(figures(capsys.readouterr().err), EXPECTED[ARGUMENTS], rtol=1e-5)


def test_images_that_come_again_are_left_out_of_the_results(weights):
    main(["--model", "net.prototxt", "--weights", weights, "--iterations", "50", "--results",
          "out.json"])

    wanted = json.loads(Path("detections.json").read_text())
    found = json.loads(Path("out.json").read_text())
    def key(entry):
        return entry["image_id"], entry["category_id"], *entry["bbox"]
    assert sorted(map(key, found)) == sorted(map(key, wanted))


def test_difficult_boxes_of_the_nets_own_data_are_crowds(weights, capsys):
    """Their areas are width times height, which three of four boxes of the set have not."""
    instances = json.loads(Path("instances.json").read_text())
    for entry in instances["annotations"]:
        entry["area"] = entry["bbox"][2] * entry["bbox"][3]
    Path("plain.json").write_text(json.dumps(instances))
    main(["--detections", "detections.json", "--annotations", "plain.json"])
    wanted = figures(capsys.readouterr().err)

    main(["--model", "net.prototxt", "--weights", weights, "--iterations", "40", "--metric",
          "coco"])

    np.testing.assert_allclose(figures(capsys.readouterr().err), wanted, rtol=1e-5)


@pytest.mark.parametrize("metric", ["voc07", "voc12"])
def test_vocs_rules_say_the_same_of_a_net_and_of_its_results(metric, weights, capsys):
    main(["--model", "net.prototxt", "--weights", weights, "--iterations", "40", "--metric",
          metric])
    text = capsys.readouterr().err
    of_net = {int(name): float(value) for name, value in
              re.findall(r"class(\d+): (\S+)", text)}
    main(["--detections", "detections.json", "--annotations", "instances.json", "--metric",
          metric])
    of_file = {int(name): float(value) for name, value in
               re.findall(r"class (\d+): (\S+)", capsys.readouterr().err)}

    # the layer counts both border pixels of boxes, with a size file; a file of results does not
    assert of_file.keys() <= of_net.keys() and of_file[1] > 0
    for label, value in of_file.items():
        assert of_net[label] == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize("flags, message", [
    (["--detections", "d.json"], "--annotations is missing"),
    (["--detections", "d.json", "--annotations", "a.json", "--model", "n"], "--detections is"),
    (["--model", "n", "--weights", "w", "--annotations", "a.json"], "--annotations is given"),
    (["--model", "n", "--weights", "w", "--metric", "coco", "--ap-version", "11point"],
     "--metric and --ap-version exclude"),
    (["--detections", "none.json", "--annotations", "instances.json"], "none.json: cannot be"),
    (["--detections", "sizes.txt", "--annotations", "instances.json"], "sizes.txt: is not JSON")])
def test_a_mistake_in_the_flags_is_one_line(flags, message, capsys):
    assert main(flags) == 1
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {message}") and errors.count("\n") == 1


def test_an_instances_file_of_other_images_is_an_error(weights, capsys):
    instances = json.loads(Path("instances.json").read_text())
    instances["images"] = instances["images"][1:]
    Path("others.json").write_text(json.dumps(instances))

    assert main(["--model", "net.prototxt", "--weights", weights, "--iterations", "40",
                 "--results", "out.json", "--annotations", "others.json"]) == 1
    assert "has no image with the id or the file name '000000000007'" in capsys.readouterr().err


def test_a_net_without_sizes_is_an_error(weights, capsys):
    Path("net.prototxt").write_text(NET.replace('name_size_file: "sizes.txt"', ""))

    assert main(["--model", "net.prototxt", "--weights", weights, "--metric", "coco"]) == 1
    assert "name_size_file is missing; COCO's figures" in capsys.readouterr().err


def test_sizes_can_be_given_instead_of_those_in_the_net(weights, capsys):
    Path("net.prototxt").write_text(NET.replace('name_size_file: "sizes.txt"', ""))

    assert main(["--model", "net.prototxt", "--weights", weights, "--iterations", "40", "--metric",
                 "coco", "--name-size-file", "sizes.txt", "--annotations", "instances.json"]) == 0

    np.testing.assert_allclose(figures(capsys.readouterr().err), EXPECTED[ARGUMENTS], rtol=1e-5)


def test_a_net_without_an_evaluation_is_an_error(weights, capsys):
    Path("net.prototxt").write_text(NET[:NET.index('layer { name: "eval"')])

    assert main(["--model", "net.prototxt", "--weights", weights, "--metric", "coco"]) == 1
    assert "has 0 DetectionEvaluate layers" in capsys.readouterr().err
