"""`import caffe` in a script, in a Python layer, and beside an original pycaffe."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import framework.pycaffe

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
    import sys, caffe, caffe.classifier
    from caffe import SGDSolver, Net
    import caffe._caffe, caffe.pycaffe
    from framework.pycaffe.classifier import Classifier
    assert caffe.Classifier is caffe.classifier.Classifier is Classifier
    assert caffe._caffe.Net is caffe.pycaffe.Net is Net is caffe.Net
    assert caffe.classifier.__spec__.name == "framework.pycaffe.classifier"
    assert "Convolution" in caffe.layer_type_list() and not caffe.has_nccl()
    from caffe._caffe import RawBlobVec
    assert caffe._caffe.BlobVec is RawBlobVec is caffe.BlobVector
    assert (caffe.TRAIN, caffe.TEST) == (0, 1)
    print(__name__, sys.argv[1:], caffe.__name__)
"""


def run(folder, *arguments):
    return subprocess.run([sys.executable, *arguments], cwd=folder, env={"PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=False)


@pytest.fixture
def original(tmp_path):
    """A folder with a package caffe that must not be used."""
    (tmp_path / "caffe").mkdir()
    (tmp_path / "caffe" / "__init__.py").write_text("raise ImportError('the original')")
    return tmp_path


@pytest.mark.parametrize("how", [["script.py"], ["-m", "script"]])
def test_a_script_runs_unchanged_as_the_main_program(original, how):
    (original / "script.py").write_text(textwrap.dedent(SCRIPT))
    done = run(original, "-m", "framework.pycaffe", *how, "--gpu", "0")
    assert done.stdout == "__main__ ['--gpu', '0'] framework.pycaffe\n", done.stderr


def test_install_makes_it_so_for_the_process(original):
    (original / "script.py").write_text("import framework.pycaffe\nframework.pycaffe.install()\n"
                                        + textwrap.dedent(SCRIPT))
    done = run(original, "script.py")
    assert done.stdout == "__main__ [] framework.pycaffe\n", done.stderr


def test_without_a_script_it_says_how_to_give_one(tmp_path):
    done = run(tmp_path, "-m", "framework.pycaffe")
    assert done.returncode == 2 and "usage: pycaffe script.py" in done.stderr


def test_importing_it_does_not_load_torch(tmp_path):
    done = run(tmp_path, "-c", "import sys, framework.pycaffe; assert 'torch' not in sys.modules")
    assert done.returncode == 0, done.stderr


def test_standing_in_lends_the_name_and_gives_it_back(monkeypatch):
    original = object()
    monkeypatch.setitem(sys.modules, "caffe", original)
    with framework.pycaffe.standing_in():
        import caffe
        assert caffe is framework.pycaffe
        import caffe.detector
        assert caffe.detector.Detector is framework.pycaffe.Detector
    assert sys.modules["caffe"] is original and "caffe.detector" not in sys.modules


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nets'"):
        _ = framework.pycaffe.nets
    assert not hasattr(framework.pycaffe, "nets")
