"""What runs as code: nothing that is only in a folder, or that only a net names."""

import subprocess
import sys
from pathlib import Path

import pytest

from framework import parse_net
from framework.cli import expand, inspect
from framework.cli.app import import_modules
from framework.data.loading.loader import _Worker, imported_folders
from framework.data.loading.patience import Patience
from framework.errors import CaffeError, SpecError
from framework.net.net import Net
from framework.report.net_summary import Selection, take_census

ROOT = Path(__file__).resolve().parents[2]
EVIL = "import pathlib\npathlib.Path('ran').write_text('')\n"
LAYER = "import caffe\nclass Mine(caffe.Layer):\n    def reshape(self, bottom, top):\n" \
        "        top[0].reshape(2, 5)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory; modules imported from it are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def python_net(module, layer="Mine"):
    return ('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }\n'
            f'layer {{ name: "p" type: "Python" bottom: "x" top: "y" python_param {{ module: '
            f'"{module}" layer: "{layer}" }} }}\n')


@pytest.mark.parametrize("planted", ["cv2", "framework"])
def test_a_worker_runs_no_file_of_the_working_folder(folder, planted):
    (folder / f"{planted}.py").write_text(EVIL)
    worker = _Worker(None, 1, 1000, "t", 0, 0)
    with pytest.raises(CaffeError):
        worker.receive(Patience("t"))     # there is nothing to make batches with
    worker.end()
    worker.wait()
    assert not (folder / "ran").exists()


def test_a_rank_runs_no_file_of_the_working_folder(folder):
    (folder / "argparse.py").write_text(EVIL)
    program = "framework.cli.train"
    found = subprocess.run([sys.executable, "-P", "-c", "from framework.cli import devices\n"
                            f"devices.start_ranks({program!r}, ['--help'], 1)"],
                           capture_output=True, text=True, timeout=120, check=False,
                           env={"PYTHONPATH": str(ROOT)})
    assert "usage" in found.stdout, found.stderr
    assert not (folder / "ran").exists()


def test_workers_get_the_folders_of_modules_that_were_imported_from_outside_the_path(folder):
    (folder / "own_layers.py").write_text("class Reader: pass\n")
    assert str(folder) not in imported_folders()
    import_modules(["own_layers"])
    assert str(folder) in imported_folders()


def test_a_look_at_a_net_runs_a_module_only_if_import_names_it(folder, capsys):
    (folder / "mine.py").write_text(EVIL + LAYER)
    (folder / "net.prototxt").write_text(python_net("mine"))
    assert inspect.main(["net.prototxt"]) == 1
    assert ("net.prototxt:2: layer 'p' (Python): python_param.module is 'mine', whose code is not "
            "run by a look at a net, so the shapes are unknown; --import mine runs it"
            ) in capsys.readouterr().err
    assert expand.main(["net.prototxt"]) == 0
    assert not (folder / "ran").exists()
    capsys.readouterr()
    assert inspect.main(["net.prototxt", "--import", "mine"]) == 0
    assert "2 x 5" in capsys.readouterr().out


def test_a_known_public_layer_gives_its_shapes_without_its_module(folder):
    (folder / "pyloss.py").write_text(EVIL)
    text = python_net("pyloss", "EuclideanLossLayer").replace('bottom: "x"', 'bottom: "x" ' * 2)
    (folder / "net.prototxt").write_text(text)
    (census,) = take_census("net.prototxt", Selection(skip_data=False))
    assert census.built and census.rows[-1].shapes == ((1,),)
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("module, layer, message", [
    ("code", "interact", "python_param.module 'code' is a module of Python itself"),
    ("builtins", "input", "python_param.module 'builtins' is a module of Python itself"),
    ("antigravity", "x", "python_param.module 'antigravity' is a module of Python itself"),
    ("os.path", "join", "python_param.module 'os.path' is a module of Python itself"),
    ("numpy", "zeros", r"'zeros' of the module 'numpy' \(.*\) is not a class that inherits"),
    ("numpy", "ndarray", r"'ndarray' of the module 'numpy' \(.*\) is not a class that inherits"),
    ("nowhere", "L", "'nowhere' cannot be imported: ModuleNotFoundError: No module named "
     "'nowhere'.*; its folder must be on PYTHONPATH"),
])
def test_only_classes_that_inherit_from_caffe_layer_are_called(folder, module, layer, message):
    with pytest.raises(SpecError, match=message):
        Net(parse_net(python_net(module, layer)))


@pytest.mark.parametrize("name, text, message", [
    ("broken", "x = (\n", r"'broken' cannot be imported: SyntaxError: .* \(.*broken.py:1\)$"),
    ("unnamed", "\nx = y\n", r"NameError: name 'y' is not defined \(.*unnamed.py:2\)$"),
    ("needs", "import absent_one\n", r"No module named 'absent_one' \(.*needs.py:1\)$"),
    ("leaves", "raise SystemExit(0)\n", r"SystemExit: 0 \(.*leaves.py:1\)$"),
    ("ends", LAYER.replace("        top[0]", "        raise SystemExit\n        top[0]"),
     r"'ends.Mine' failed in reshape: SystemExit \(.*ends.py:4\)$"),
])
def test_a_module_that_fails_says_its_true_cause(folder, name, text, message):
    (folder / f"{name}.py").write_text(text)
    with pytest.raises(SpecError, match=message):
        Net(parse_net(python_net(name)))
