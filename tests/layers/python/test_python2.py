"""Modules written for Python 2 run with --python2, and what was changed is said."""

import importlib.util
import sys
from collections import OrderedDict

import numpy as np
import pytest
import torch

from framework.cli import inspect as inspect_program
from framework.errors import SpecError
from framework.layers.python.python2 import disable_python2, enable_python2
from framework.layers.python.python2_names import BUILTINS, divide
from framework.layers.python.python2_source import to_tree
from tests.support import net_from

REWRITER = any(importlib.util.find_spec(name) for name in ("fissix", "lib2to3"))
needs_rewriter = pytest.mark.skipif(not REWRITER, reason="needs fissix; lib2to3 ended with 3.12")

LAYER = '''import caffe
import yaml
import cPickle
import numpy as np
from neighbour import SCALE

class Halver(caffe.Layer):
    def setup(self, bottom, top):
        params = yaml.load(self.param_str)
        self.factor = params['factor']
        self.table = dict(a=1)
        if self.table.has_key('b'):
            raise ValueError, 'b'
    def reshape(self, bottom, top):
        top[0].reshape(bottom[0].num, bottom[0].channels / 2)
    def forward(self, bottom, top):
        half = bottom[0].channels / 2
        picked = np.zeros((half,), dtype=np.float)
        for i in xrange(half):
            picked[i] = 7 / 2
        for key, value in self.table.iteritems():
            picked += value
        print 'halved', half
        try:
            cPickle.loads('nothing')
        except Exception, error:
            pass
        start = np.round(half / 3.0) * 1.0
        top[0].data[...] = picked * self.factor * SCALE
        top[0].data[:, start:] += bottom[0].data[:, :half][:, start:]
    def backward(self, top, propagate_down, bottom):
        pass
'''
NET = '''input: "x" input_shape { dim: 2 dim: 5 }
layer { name: "h" type: "Python" bottom: "x" top: "h" python_param { module: "old.halver"
  layer: "Halver" param_str: "factor: 2" } }'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    package = tmp_path / "old"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "neighbour.py").write_text("SCALE = 10 / 4\n")
    (package / "halver.py").write_text(LAYER)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    disable_python2()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("old", "cPickle")]:
        del sys.modules[name]


def result_of(source, **names):
    """The namespace of a Python 2 text that was run."""
    space = {**BUILTINS, **names}
    tree, changes = to_tree(source, "module.py")
    exec(compile(tree, "module.py", "exec"), space)
    return space, changes


@needs_rewriter
def test_a_layer_of_python_2_runs_as_there(folder, caplog, capsys):
    enable_python2()
    net = net_from(NET)
    x = torch.arange(10.0).reshape(2, 5)
    # 5 / 2 = 2 channels; 7 / 2 = 3 and 1 more; SCALE = 10 / 4 = 2; the second channel adds x
    np.testing.assert_array_equal(net({"x": x})["h"], [[16, 16 + 1], [16, 16 + 6]])
    assert capsys.readouterr().out.strip().endswith("halved 2")
    [said] = [line for line in caplog.messages if "halver.py" in line]
    for what in ("divisions (4)", "imports from beside the module (1)", "methods of dicts (2)",
                 "np.float (1)", "syntax of Python 2 (3)", "yaml.load without Loader (1)"):
        assert what in said
    assert not list(folder.rglob("*.pyc"))


@needs_rewriter
def test_without_the_flag_the_module_is_an_error_that_names_it(folder):
    with pytest.raises(SpecError, match="it is written for Python 2, which --python2 runs"):
        net_from(NET)


@needs_rewriter
def test_programs_take_the_flag(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "net.prototxt").write_text(NET)
    assert inspect_program.main(["net.prototxt", "--import", "old.halver", "--python2"]) == 0
    assert "2 x 2" in capsys.readouterr().out


@pytest.mark.parametrize("x, y, quotient", [
    (7, 2, 3), (-7, 2, -4), (7.0, 2, 3.5), (True, 2, 0), (np.int32(7), 2, 3),
    (np.array([7, -7]), 2, [3, -4]), (np.array([7.0]), 2, [3.5]), (7, np.float32(2), 3.5),
])
def test_divisions_of_whole_numbers_round_down(x, y, quotient):
    np.testing.assert_array_equal(divide(x, y), quotient)


@pytest.mark.parametrize("source, expected", [
    ("x = 7\nx /= 2", 3), ("x = np.array([7, 9])\nx /= 2", [3, 4]),
    ("x = range(3) + [5]", [0, 1, 2, 5]),
    ("x = map(None, [1, 2], [3, 4])", [(1, 3), (2, 4)]), ("x = d.keys()[0]", "b"),
    ("x = filter(None, (1, 0, 2))", (1, 2)), ("x = np.zeros(3.0).size", 3),
    ("x = [4, 5, 6][1.0]", 5), ("n = 2.0\nx = [4, 5, 6][-n]", 5),
    ("x = isinstance(u'a', basestring)", True), ("x = sum(d.itervalues())", 3),
    ("from __future__ import division\nx = 7 / 2", 3.5),
    ("x = 0777" if REWRITER else "x = 511", 511), ("x = zip([1], [2])[0]", (1, 2)),
    ("import numpy as np\nx = np.bool(3)", True),
    ("import sys\nreload(sys)\nsys.setdefaultencoding('utf8')\nx = sys.maxint > 9", True),
    ("import time\nx = time.clock() >= 0", True),
    ("from itertools import izip, chain\nx = list(izip(chain([1]), [2]))", [(1, 2)]),
    ("from itertools import imap as each\nx = list(each(abs, [-1]))", [1]),
    ("import urllib\nx = urllib.quote('a b')", "a%20b"),
    ("import itertools\nx = list(itertools.ifilter(None, [0, 1]))", [1]),
])
def test_what_python_2_means(source, expected):
    space, _ = result_of(source, np=np, d=OrderedDict(b=1, a=2))
    space["x"] = list(space["x"]) if isinstance(space["x"], np.ndarray) else space["x"]
    assert space["x"] == expected


@pytest.mark.parametrize("source", [
    "def f(x: int) -> float:\n    return x / 2", "x = f'{1}'\ny = 1 / 2",
])
def test_a_module_of_python_3_stays_as_it_is(source):
    tree, changes = to_tree(source, "module.py")
    assert not changes
    assert "_python2" not in str(compile(tree, "module.py", "exec").co_consts)


@needs_rewriter
def test_what_neither_python_parses_is_a_syntax_error_with_its_line():
    with pytest.raises(SyntaxError) as failure:
        to_tree("x = 1\nprint 'a' +\n", "module.py")
    assert failure.value.lineno == 2


def test_tabs_count_up_to_eight_blanks():
    space, changes = result_of("if True:\n        x = 1\n\ty = 2\n")
    assert (space["x"], space["y"], changes) == (1, 2, {"tabs": 1})


@needs_rewriter
def test_tabs_and_old_syntax_may_be_in_one_module():
    """The parser names the one that comes first."""
    for text in ("print 1,\nif True:\n        x = 1\n\ty = 2\n",
                 "if True:\n        x = 1\n\ty = 2\nprint 1,\n"):
        space, changes = result_of(text)
        assert (space["x"], space["y"]) == (1, 2)
        assert changes["tabs"] == 1 and changes["syntax of Python 2"] >= 1


EXEC = """
kept = 5

def made(code):
    exec(code)
    return made_by_it + kept

def changed(kept):
    total = 1
    exec("total = total + kept * 2")
    kept = [total * n for n in range(2)]
    exec("kept = kept + [extra]") if False else None
    return total, kept

def twice():
    exec("a = 1")
    exec("b = a + 1; a = 10")
    return a, b, [a for n in range(2)]

def untouched(code):
    def inner():
        return kept
    return inner()
"""


def test_exec_in_a_function_makes_and_changes_its_names():
    # values by hand, as Python 2.7 has them
    tree, changes = to_tree(EXEC, "m.py")
    names = dict(BUILTINS)
    exec(compile(tree, "m.py", "exec"), names)
    assert names["made"]("made_by_it = 3") == 8
    assert names["made"]("made_by_it = 3; kept = 4") == 7 and names["kept"] == 5
    assert names["changed"](4) == (9, [0, 9])
    assert names["twice"]() == (10, 2, [10, 10])
    assert names["untouched"]("") == 5
    with pytest.raises(NameError, match="made_by_it"):
        names["made"]("other = 3")
    assert changes["names that exec makes"] == 4
