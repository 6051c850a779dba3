"""`import caffe` in a script, in a Python layer, and beside an original pycaffe."""

from __future__ import annotations

import importlib.util
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


OLD_SCRIPT = """
import caffe, sys
from beside import thirds
from beside import Pair
import cPickle

if __name__ == '__main__':
    print 7 / 2, thirds, sys.argv[1:],
    for key, value in dict(a=1).iteritems():
        print key, [n for n in xrange(value + 1)], caffe.__name__
    print cPickle.loads(cPickle.dumps(Own())).name
"""


@pytest.mark.skipif(sys.version_info >= (3, 13) and not importlib.util.find_spec("fissix"),
                    reason="needs fissix; lib2to3 ended with 3.12")
def test_a_script_of_python_2_runs_if_it_is_asked_for(tmp_path):
    (tmp_path / "beside.py").write_text("thirds = 5 / 3\nclass Pair: pass\n")
    (tmp_path / "script.py").write_text(OLD_SCRIPT.replace("import cPickle\n", "import cPickle\n"
                                        "class Own(Pair):\n    name = u'own'\n"))
    done = run(tmp_path, "-m", "framework.pycaffe", "--python2", "script.py", "--gpu", "1")
    assert done.stdout == "3 1 ['--gpu', '1'] a [0, 1] framework.pycaffe\nown\n", done.stderr
    assert "script.py: read as Python 2, with changes to: " in done.stderr
    done = run(tmp_path, "-m", "framework.pycaffe", "script.py")
    assert done.returncode == 1 and "SyntaxError: " in done.stderr
    assert done.stderr.endswith("pycaffe --python2 script.py [arguments]\n")
