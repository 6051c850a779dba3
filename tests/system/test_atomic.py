"""Files that appear atomically, on a disk that does not take them."""

import os

import pytest

from framework.errors import WeightsError, WriteError
from framework.solver import run_file, solverstate
from framework.system.atomic import write_file
from framework.weights.weights import save_weights
from tests.support import net_from

NET = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3] } } }
layer { name: "y" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 } }
"""


@pytest.fixture
def full_disk(monkeypatch):
    def refuse(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)


def test_a_file_that_is_no_weight_file_gives_an_error_of_writing(tmp_path, full_disk):
    with pytest.raises(WriteError, match="labelmap.prototxt: cannot be written: No space left"):
        write_file(tmp_path / "labelmap.prototxt", "item { }")


def test_weights_and_states_that_cannot_be_written_give_a_weights_error(tmp_path, full_disk):
    with pytest.raises(WeightsError, match="a.caffemodel: cannot be written: No space left"):
        save_weights(net_from(NET), tmp_path / "a.caffemodel")
    with pytest.raises(WeightsError, match="a.solverstate: cannot be written: No space left"):
        solverstate.write_state(tmp_path / "a.solverstate", solverstate.State(1, "", []))
    with pytest.raises(WeightsError, match="a.run: cannot be written: No space left"):
        run_file.write_run(tmp_path / "a.run", run_file.RunState(1, 0, 1, [], [], {}, {}, 0, {}))


def test_a_name_with_a_nul_is_an_error_of_writing(tmp_path):
    with pytest.raises(WriteError, match=r"a\\x00b': cannot be written: its name has a NUL"):
        write_file(tmp_path / "a\0b", "text")
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_too_long_is_an_error_of_writing(tmp_path):
    with pytest.raises(WriteError, match="x: cannot be written: File name too long"):
        write_file(tmp_path / ("x" * 300), b"")
