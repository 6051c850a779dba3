"""A program killed at any change of a file leaves the old result or the new one, never half."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from framework.cli.convert_dataset import main as convert_dataset
from framework.data.datasets.label_files import Box
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.data.images import make_voc
from tests.data.making import good_records, image, write_database
from tests.quadrants import write_net
from tests.solver_runs import NET

ROOT = Path(__file__).resolve().parents[2]
LOG = "I0102 03:04:05.6 1 solver.cpp:2] Iteration 100, lr = 0.001\n"
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
    (place / "list").write_text("a.png 0\n")
    (place / "boxes").write_text("JPEGImages/one.jpg Annotations/one.xml\n")
    (place / "names").write_text("cat\ndog\n")


NET_FLAGS = "--model deploy.prototxt --weights quadrants.caffemodel"
FILES = f"""detect out/detections.json {NET_FLAGS} --out out a.png
export out.onnx {NET_FLAGS} --out out.onnx --no-check
parse_log out/log.train log out
upgrade_net out.prototxt net.prototxt out.prototxt
compute_image_mean out.binaryproto db out.binaryproto
create_label_map out.map names out.map
"""
FOLDERS = """convert_dataset out voc out --redo --jobs 1
export_dataset out db out --label_map_file map --redo
convert_annoset out --anno_type=detection --label_map_file=map voc boxes out --redo
convert_imageset out . list out --redo
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_file_is_the_old_or_the_new_one_wherever_a_program_is_killed(tmp_path):
    make_inputs(tmp_path)
    assert min(kills(tmp_path, FILES)) >= 3


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_folder_is_the_old_or_the_new_one_wherever_a_program_is_killed(tmp_path):
    make_inputs(tmp_path)
    make_voc(tmp_path / "before", {"other": [Box("dog", (1, 2, 30, 20))]})
    assert convert_dataset([str(tmp_path / "before"), str(tmp_path / "earlier")]) == 0
    shutil.rmtree(tmp_path / "before")
    assert min(kills(tmp_path, FOLDERS)) >= 8


def kills(place: Path, commands: str) -> list[int]:
    """How often each program was killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.kill_points"], cwd=place, input=commands, text=True,
        capture_output=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return [int(line.split()[1]) for line in done.stdout.splitlines()]
