"""What every program does alike."""

import argparse
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from framework.cli import app, caffe
from framework.cli.inspect import main as inspect
from framework.data.records.image_size import LIMIT, max_pixels
from framework.errors import CaffeError
from framework.layers import LAYERS

ROOT = Path(__file__).resolve().parents[2]

NET = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "double" type: "DoubleIt" bottom: "x" top: "y" }
"""
LAYER = """from framework.layers.base import Layer, layer

@layer
class DoubleIt(Layer):
    def __init__(self, spec, x):
        super().__init__(spec)

    def forward(self, x):
        return 2 * x
"""


def fail(options):
    raise CaffeError("net.prototxt:3: wrong")


def test_a_users_mistake_is_one_line_and_code_1_and_a_traceback_only_with_debug(capsys):
    assert app.run(fail, argparse.ArgumentParser(), []) == 1
    assert capsys.readouterr().err == "error: net.prototxt:3: wrong\n"
    with pytest.raises(CaffeError):
        app.run(fail, argparse.ArgumentParser(), ["--debug"])


def test_max_pixels_holds_for_the_program_and_its_processes_and_not_after_it(monkeypatch):
    seen = []

    def look(options):
        seen.append((max_pixels(), os.environ.get(LIMIT)))

    for before in (None, "77"):
        if before:
            monkeypatch.setenv(LIMIT, before)
        else:
            monkeypatch.delenv(LIMIT, raising=False)
        for words in ([], ["--max-pixels", "5000000"], ["-max_pixels=200000000"]):
            parser = argparse.ArgumentParser()
            app.add_image_flags(parser)
            assert app.run(look, parser, words) == 0
            assert os.environ.get(LIMIT) == before
    assert seen == [(1 << 27, None), (5000000, "5000000"), (200000000, "200000000"),
                    (77, "77"), (5000000, "5000000"), (200000000, "200000000")]


def test_layers_of_the_users_own_module_are_known(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "my_doubling_layers.py").write_text(LAYER)
    try:
        assert inspect(["net.prototxt"]) == 1
        assert inspect(["net.prototxt", "--import", "my_doubling_layers"]) == 0
    finally:
        LAYERS.pop("DoubleIt", None)
        sys.modules.pop("my_doubling_layers", None)
    assert "double  DoubleIt  2 x 3" in capsys.readouterr().out


def test_a_module_that_is_not_there_is_named(capsys, tmp_path):
    assert inspect(["--import", "no_such_module_here", "net.prototxt"]) == 1
    assert "error: --import no_such_module_here: ModuleNotFoundError: No module named" in \
        capsys.readouterr().err


@pytest.mark.parametrize("name", ["layers_of_mine.py", "folder/layers_of_mine.py",
                                  "a/layers_of_mine"])
def test_a_file_in_place_of_a_module_is_told_and_not_run(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layers_of_mine.py").write_text("print('it ran')\n")
    assert inspect(["--import", name, "net.prototxt"]) == 1
    said = capsys.readouterr()
    assert f"--import {name}: is a file; give the name of its module, layers_of_mine" in said.err
    assert "it ran" not in said.out


def test_ignored_fields_are_named(tmp_path, caplog):
    path = tmp_path / "net.prototxt"
    path.write_text(NET.replace("DoubleIt", "ReLU") + "nam: 3\n")
    assert inspect([str(path), "--ignore-unknown-fields"]) == 0
    assert f"{path}:3: nam is not a field of NetParameter; did you mean 'name'?; ignored" in \
        caplog.text


@pytest.mark.parametrize("words, name", [
    (["new", "detector", "photos", "--out", ""], "--out"),
    (["new", "detector", ""], "DATA"),
    (["detect", "--model", "a", "--weights", "b", "--out=", "c.png"], "--out"),
    (["segment", "--model", "a", "--weights", "b", "--out", "", "c.png"], "--out"),
    (["report", "zoo:lenet/train_test.prototxt", "--weights", "b", "--out", ""], "--out"),
    (["export", "--model", "a", "--weights", "b", "--out", ""], "--out"),
    (["import", "a.onnx", "--out", ""], "--out"),
    (["draw", "zoo:lenet/deploy.prototxt", "--out", ""], "--out"),
    (["plot_log", "log", "--out", ""], "--out"),
    (["make_shapes", ""], "OUT"),
    (["make_dataset", "strings", ""], "OUT"),
    (["convert_dataset", "photos", ""], "OUT"),
    (["convert_imageset", "", "list", ""], "DB_NAME"),      # the first may be empty
    (["export_dataset", "lmdb", ""], "OUT"),
    (["compute_image_mean", "lmdb", ""], "OUTPUT_FILE"),
    (["upgrade_net", "zoo:lenet/deploy.prototxt", ""], "OUT"),
    (["parse_log", "log", ""], "DIR"),
    (["check_data", "a", "--show", ""], "--show")])
def test_an_empty_path_is_refused_and_nothing_is_written(words, name, tmp_path, monkeypatch,
                                                         capsys):
    monkeypatch.chdir(tmp_path)
    assert caffe.main(words) == 1
    assert capsys.readouterr().err == f"error: {name} is empty; it must be a path\n"
    assert list(tmp_path.iterdir()) == []


def test_an_output_without_room_is_said_without_the_number_of_the_error():
    assert app.describe(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == \
        "the output cannot be written: No space left on device"


@pytest.mark.parametrize("tool", ["caffe", "inspect", "make_shapes", "new"])
def test_a_python_without_our_packages_is_told_in_a_line(tool, tmp_path):
    """`-S` leaves out the folder in which packages are."""
    net = tmp_path / "net.prototxt"
    net.write_text("")
    done = subprocess.run([sys.executable, "-E", "-S", str(ROOT / "tools" / tool), str(net)],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert re.fullmatch(r"error: this Python \(.*\) has no \w+: `source .venv/bin/activate` after "
                        r"`make`, or `pip install .`\n", done.stderr)
