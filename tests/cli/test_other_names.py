"""Names of classes that are given beside a net, and are those of another one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli.caffe import main
from framework.cli.report import given_names
from framework.errors import CaffeError
from framework.net.net import Net
from framework.serve.nets import Options, ServedNet
from framework.weights.weights import save_weights
from tests.quadrants import bright_quarter
from tests.serve.serving import CLASSIFIER, WEIGHT, Files, quadrants, small_net

SEGMENTER = """layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: [1, 3, 8, 8] } } }
layer { name: "scores" type: "Convolution" bottom: "data" top: "scores"
  convolution_param { num_output: 3 kernel_size: 1 } }
"""
PROGRAMS = {"classify": CLASSIFIER, "segment": SEGMENTER, "detect": "", "export": ""}
NAMES = ["ground", "<b>one", "two\t&"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("photo.png", bright_quarter(16, 24, 0, 1))
    return tmp_path


def flags_of(program: str) -> tuple[list[str], int]:
    """The flags of a program with a net, and the number of the net's classes."""
    if program in ("detect", "export"):
        files = quadrants(Path("net"))
        flags = [program, "--model", files.model, "--weights", files.weights or ""]
        return [*flags, "--out", "out.onnx" if program == "export" else "out"], 2
    Path("net.prototxt").write_text(PROGRAMS[program])
    save_weights(Net("net.prototxt", "TEST"), "net.caffemodel")
    return [program, "--model", "net.prototxt", "--weights", "net.caffemodel"], 3


def run(flags: list[str], names: str) -> int:
    images = [] if flags[0] == "export" else ["photo.png"]
    return main([*flags, "--labelmap", names, *images])


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_names_are_as_many_as_classes(program, more, capsys):
    flags, number = flags_of(program)
    Path("names.txt").write_text("\n".join((NAMES * 2)[:number + more]) + "\n")
    code = run(flags, "names.txt")
    said = capsys.readouterr().err
    if not more:
        assert code == 0, said
        return
    assert code == 1 and said.count("\n") == 1
    assert f"names.txt has labels up to {number + more - 1}, which makes" in said
    assert said.endswith("it is the label map of another net\n")
    assert not Path("out").exists() and not Path("out.onnx").exists()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_list_without_a_name_is_an_error(program, capsys):
    flags, _ = flags_of(program)
    Path("names.txt").write_text("\n")
    assert run(flags, "names.txt") == 1
    assert capsys.readouterr().err == "error: names.txt: has no class\n"


def test_a_server_does_not_start_with_the_names_of_another_classifier():
    files = small_net(Path("net"), CLASSIFIER, np.eye(3) * WEIGHT[0, 0])
    Path("names.txt").write_text("a\nb\n")
    with pytest.raises(CaffeError, match="'prob' has the scores of 3 classes, but names.txt has"):
        ServedNet(Files(files.model, files.weights, "names.txt"), str(files.weights), Options())


def test_a_report_is_not_made_with_the_names_of_another_classifier():
    net = Net("zoo:lenet/train_test.prototxt", "TEST", skip_data=True)
    Path("names.txt").write_text("".join(f"{digit}\n" for digit in range(9)))
    with pytest.raises(CaffeError, match="has the scores of 10 classes, but names.txt has labels"):
        given_names(net, "names.txt")
    Path("names.txt").write_text("".join(f"{digit}\n" for digit in range(10)))
    assert given_names(net, "names.txt")[9] == "9"
