"""Files that appear atomically, on a disk that does not take them."""

import os
import subprocess
import sys
import time

import pytest

from framework.errors import WeightsError, WriteError
from framework.solver import run_file, solverstate
from framework.system.atomic import partial_path, replacing_together, write_file
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


def test_files_that_belong_together_get_their_names_when_all_are_written_the_first_last(
        tmp_path, monkeypatch):
    names = [tmp_path / name for name in ("net.prototxt", "net.caffemodel", "report.txt")]
    for path in names:
        path.write_text("old")
    with pytest.raises(ValueError, match="read back"), replacing_together(*names) as partials:
        partials[0].write_text("new")
        raise ValueError("read back, it differs")
    assert [path.read_text() for path in names] == ["old"] * 3
    order = []
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda source, path: order.append(path) or real(
        source, path))
    with replacing_together(*names) as partials:
        for partial in partials:
            partial.write_text("new")
            assert order == []
    assert order == names[::-1] and [path.read_text() for path in names] == ["new"] * 3
    assert sorted(tmp_path.iterdir()) == sorted(names)


def test_the_file_that_cannot_be_written_is_named_among_those_that_belong_together(tmp_path):
    names = [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(WriteError, match=f"^{tmp_path}/b: cannot be written: Is a directory"), \
            replacing_together(*names) as partials:
        partials[0].write_text("")
        partials[1].mkdir()
        partials[1].write_text("")


def test_what_a_killed_process_left_of_a_file_goes_with_its_next_write(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = partial_path(tmp_path / "net.caffemodel", ended.pid)
    of_others = [partial_path(tmp_path / "net.caffemodel", os.getppid()),      # it lives
                 partial_path(tmp_path / "other.caffemodel", ended.pid),
                 tmp_path / ".partial-x-net.caffemodel",
                 tmp_path / f".partial-{ended.pid}-net.caffemodel.bak"]
    for path in (left, *of_others):
        path.write_text("half")
        os.utime(path, (time.time() - 90,) * 2)
    write_file(tmp_path / "net.caffemodel", "whole")
    assert not left.exists() and all(path.exists() for path in of_others)
    left.write_text("by another machine, a moment ago")
    write_file(tmp_path / "net.caffemodel", "whole")
    assert left.exists()
    assert (tmp_path / "net.caffemodel").read_text() == "whole"


def test_a_file_where_a_folder_must_be_is_called_so(tmp_path):
    (tmp_path / "list.txt").write_text("")
    with pytest.raises(WriteError, match=f"net: cannot be written: {tmp_path}/list.txt is a file, "
                                         "not a folder"):
        write_file(tmp_path / "list.txt/net", "")
