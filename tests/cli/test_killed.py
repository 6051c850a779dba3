"""A program killed at any change of a file leaves the old result or the new one, never half."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from framework.cli.convert_dataset import main as convert_dataset
from framework.cli.export import main as export
from framework.data.datasets.label_files import Box
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.cli import test_new, test_new_classifier, test_new_segmenter
from tests.data.images import make_voc
from tests.data.making import good_records, image, write_database
from tests.quadrants import BODY, write_net
from tests.solver_runs import NET

ROOT = Path(__file__).resolve().parents[2]
LOG = "I0102 03:04:05.6 1 solver.cpp:2] Iteration 100, lr = 0.001\n"
CONVOLUTION = """layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: [1, 3, 9, 12] } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
  num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" batch_norm_param { eps: 1e-5 } }
layer { name: "scale" type: "Scale" bottom: "bn" top: "scale" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "scale" top: "relu" relu_param { negative_slope: 0.1 } }
"""
IMAGES = """layer { name: "data" type: "ImageData" top: "data" top: "label" image_data_param {
  source: "list" batch_size: 1 new_height: 16 new_width: 16 } }""" + BODY
MAP = "".join(f'item {{ name: "{name}" label: {label} }}\n'
              for label, name in enumerate(("cat", "dog", "cow"), 1))


def make_inputs(place: Path) -> None:
    write_net(place)
    make_voc(place / "voc", {"one": [Box("cat", (1, 2, 30, 20))], "two": []})
    (place / "log").write_text(LOG)
    (place / "map").write_text(MAP)
    (place / "net.prototxt").write_text(NET)
    save_weights(Net(place / "net.prototxt"), place / "w.caffemodel")
    write_database(place / "db", good_records(1))
    cv2.imwrite(str(place / "a.png"), image(1))
    (place / "images.prototxt").write_text(IMAGES)
    (place / "list").write_text("a.png 0\n")
    (place / "boxes").write_text("JPEGImages/one.jpg Annotations/one.xml\n")
    (place / "names").write_text("cat\ndog\n")
    (place / "conv.prototxt").write_text(CONVOLUTION)
    save_weights(Net(place / "conv.prototxt"), place / "conv.caffemodel")
    given = ["--model", str(place / "conv.prototxt"), "--weights", str(place / "conv.caffemodel")]
    assert export([*given, "--to", "darknet", "--out", str(place / "conv.cfg")]) == 0


NET_FLAGS = "--model deploy.prototxt --weights quadrants.caffemodel"
FILES = f"""detect out/detections.json {NET_FLAGS} --out out a.png
export out.onnx {NET_FLAGS} --out out.onnx --no-check
parse_log out/log.train log out
upgrade_net out.prototxt net.prototxt out.prototxt
compute_image_mean out.binaryproto db out.binaryproto
create_label_map out.map names out.map
"""
CONV_FLAGS = "--model conv.prototxt --weights conv.caffemodel"
TOGETHER = f"""merge_bn out.prototxt,out.caffemodel {CONV_FLAGS} --out-model out.prototxt \
--out-weights out.caffemodel
export out.prototxt,out.caffemodel,out.report.txt {CONV_FLAGS} --to caffe --out out
export out.param,out.bin {CONV_FLAGS} --to ncnn --out out.param --no-check
export out.cfg,out.weights {CONV_FLAGS} --to darknet --out out.cfg
"""
FOLDERS = """convert_dataset out voc out --redo --jobs 1
export_dataset out db out --label_map_file map --redo
convert_annoset out --anno_type=detection --label_map_file=map voc boxes out --redo
convert_imageset out . list out --redo
make_shapes/3 out out --train 2 --test 1 --segmentation --masks --redo
extract_features/18 out,out_2 quadrants.caffemodel images.prototxt conf,loc out,out_2 1 lmdb --redo
"""
NEW = """new/20 out detector photos --out out --size 96x128 --redo
new/20 out classifier classes --out out --redo
new/20 out segmenter masks --out out --redo
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_file_is_the_old_or_the_new_one_wherever_a_program_is_killed(tmp_path):
    make_inputs(tmp_path)
    assert min(kills(tmp_path, FILES)) >= 3


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_files_that_belong_together_are_mixed_only_between_two_renames(tmp_path):
    pytest.importorskip("onnx", reason="ncnn's files are made from an ONNX model")
    make_inputs(tmp_path)
    assert min(kills(tmp_path, TOGETHER)) >= 5


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_folder_is_the_old_or_the_new_one_wherever_a_program_is_killed(tmp_path):
    make_inputs(tmp_path)
    make_earlier(tmp_path)
    assert min(kills(tmp_path, FOLDERS)) >= 8


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_new_folder_is_the_old_or_the_new_one_wherever_caffe_new_is_killed(tmp_path):
    make_earlier(tmp_path)
    test_new.write_images(tmp_path / "photos", 12)
    test_new_classifier.write_images(tmp_path / "classes", 12)
    test_new_segmenter.write_masks(tmp_path / "masks", 12)
    assert min(kills(tmp_path, NEW)) >= 40


def make_earlier(place: Path) -> None:
    """What every folder was before."""
    make_voc(place / "before", {"other": [Box("dog", (1, 2, 30, 20))]})
    assert convert_dataset([str(place / "before"), str(place / "earlier")]) == 0
    shutil.rmtree(place / "before")


def kills(place: Path, commands: str) -> list[int]:
    """How often each program was killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.kill_points"], cwd=place, input=commands, text=True,
        capture_output=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return [int(line.split()[1]) for line in done.stdout.splitlines()]
