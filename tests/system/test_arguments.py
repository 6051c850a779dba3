"""Wrong arguments of public functions are a line that names argument, value and what is allowed."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import framework
from framework.system import arguments
from framework.system.arguments import checked
from tests.quadrants import bright_quarter, write_net

LINE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3] } } }"""


@pytest.mark.parametrize("kind, right, wrong", [
    (arguments.NUMBER, [0, -1.5, np.float32(2), np.int64(3)],
     ["1", None, True, float("nan"), float("inf"), [1], np.zeros(2)]),
    (arguments.INTEGER, [0, -7, np.uint8(3)], [1.0, "1", False, None]),
    (arguments.whole(2), [2, np.int32(9)], [1, 2.0, True]),
    (arguments.FLAG, [True, np.bool_(False)], [0, 1, "no", None]),
    (arguments.PATH, ["a", Path("b")], ["", 3, None, ["a"], b"a"]),
    (arguments.PATHS, ["a,b", Path("b"), ["a", Path("b")], ("a",), ""], [[], [""], [3], {"a"}]),
    (arguments.SIZE, [(3, 4), [3, 4], np.array([3, 4])], [(3,), 300, "3x4", (0, 4), (3.0, 4)]),
    (arguments.MEAN, ["mean.npy", [1], (1, 2.5, 3), np.ones(3)], [3, ["a"], {1, 2}, ""]),
    (arguments.TEXTS, [[], ["a"], ("a", "b")], ["a", [1], None]),
    (arguments.DEVICE, ["cpu", "cpu:0", torch.device("cpu")],
     ["gpu", 3.5, "", None, f"cuda:{torch.cuda.device_count()}"]),
    (arguments.or_none(arguments.NUMBER), [None, 1], ["a"])])
def test_a_kind_takes_its_values_and_no_others(kind, right, wrong):
    assert [value for value in right if not kind.fits(value)] == []
    assert [value for value in wrong if kind.fits(value)] == []


def test_a_checked_function_is_called_as_before_and_long_values_are_not_shown():
    @checked(first=arguments.NUMBER, last=arguments.TEXT)
    def join(first, second=None, *, last="c"):
        """The docstring."""
        return first, second, last

    assert join(1) == (1, None, "c") and join(first=2, last="d") == (2, None, "d")
    assert join.__doc__ == "The docstring."
    for value, shown in (("a" * 200, "'" + "a" * 79 + "..."), ([1] * 90, "of the type list"),
                         (torch.zeros(3), "of the type Tensor"), ((1, 2), r"\(1, 2\)")):
        with pytest.raises(framework.CaffeError, match=f"join: first is {shown}; it must be a num"):
            join(value)
    with pytest.raises(TypeError, match="missing a required argument"):
        join()


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [str(path) for path in write_net(tmp_path)]


@pytest.mark.parametrize("call, line", [
    (lambda files: framework.Detector(3),
     "Detector: model is 3; it must be a path or a Document of read_net"),
    (lambda files: framework.Detector(*files, scale="a"),
     "Detector: scale is 'a'; it must be a number or None"),
    (lambda files: framework.Detector(*files, size=300),
     "Detector: size is 300; it must be (height, width), whole numbers from 1 on or None"),
    (lambda files: framework.Detector(*files)(bright_quarter(40, 60, 0, 0), threshold="a"),
     "Detector.detect: threshold is 'a'; it must be a number"),
    (lambda files: framework.Detector(*files).stream("a.png", batch=0),
     "Detector.stream: batch is 0; it must be a whole number from 1 on"),
    (lambda files: framework.Detector(*files).stream(None),
     "Detector.stream: source is None; it must be a path, the number of a camera, or a list of "
     "them"),
    (lambda files: framework.Net(None),
     "Net: source is None; it must be a path or a Document of read_net"),
    (lambda files: framework.Net(framework.parse_net(LINE), stages="abc"),
     "Net: stages is 'abc'; it must be a list of texts"),
    (lambda files: framework.parse_net(Path("a")),
     "parse_net: text is PosixPath('a'); it must be text"),
    (lambda files: framework.NetSpec("a"),
     "NetSpec: document is 'a'; it must be a Document of read_net"),
    (lambda files: framework.Solver("s.prototxt", workers=-1),
     "Solver: workers is -1; it must be a whole number from 0 on"),
    (lambda files: framework.train("s.prototxt", iterations=1.5),
     "train: iterations is 1.5; it must be a whole number from 0 on or None"),
    (lambda files: framework.train("s.prototxt", weights=""),
     "train: weights is ''; it must be a path or None"),
    (lambda files: framework.load_weights(3, "a"), "load_weights: net is 3; it must be a net"),
    (lambda files: framework.save_weights(framework.Net(framework.parse_net(LINE)), 3),
     "save_weights: path is 3; it must be a path"),
    (lambda files: framework.stub_layer("A", 3), "stub_layer: shape is 3; it must be text")])
def test_a_wrong_argument_is_named_with_what_it_is_and_may_be(call, line, place):
    with pytest.raises(framework.CaffeError, match=f"^{re.escape(line)}$"):
        call(place)


def test_texts_and_paths_that_are_mixed_up_say_which_function_takes_them():
    with pytest.raises(framework.CaffeError, match="^parse_net: text is 'a/net.prototxt', which is "
                       "a path; read_net reads files$"):
        framework.parse_net("a/net.prototxt\n")
    with pytest.raises(framework.CaffeError, match="^read_net: path is 'layer { .*, which is the "
                       "text of a net; parse_net reads texts$"):
        framework.Net(LINE)


def test_an_unknown_keyword_is_named_with_the_one_that_may_be_meant():
    with pytest.raises(TypeError, match="^Net: there is no argument weight; did you mean 'weights'"
                       r"\?; the arguments are source, phase, weights, level, stages"):
        framework.Net(framework.parse_net(LINE), weight="w.caffemodel")
    with pytest.raises(TypeError, match="^Detector: missing a required argument: 'model'$"):
        framework.Detector()
