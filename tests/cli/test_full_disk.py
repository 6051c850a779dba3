"""A disk that takes no more: each program ends with one line that names the file and the reason."""

import contextlib
import importlib
import re
import resource

import numpy as np
import pytest

from framework.data.datasets.label_files import Box
from framework.errors import WriteError
from framework.evaluation.result_files import ResultFiles
from framework.net.net import Net
from framework.net.reading import read_net
from framework.report.net_graph import draw_net_to_file
from framework.weights.weights import save_weights
from tests.data.images import make_voc
from tests.data.making import annotated_net, good_records, write_database
from tests.quadrants import write_net
from tests.solver_runs import NET, PARAMS

LOG = "I0102 03:04:05.6 1 solver.cpp:2] Iteration 100, lr = 0.001\n"


@contextlib.contextmanager
def no_room():
    """No file may have a byte: EFBIG stands for the errors of a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_net(tmp_path)
    make_voc(tmp_path / "voc", {"one": [Box("cat", (1, 2, 30, 20))]})
    (tmp_path / "list").write_text("one.jpg 0\n")
    (tmp_path / "boxes").write_text("JPEGImages/one.jpg Annotations/one.xml\n")
    (tmp_path / "names").write_text("cat 1 Cat\n")
    (tmp_path / "log").write_text(LOG)
    (tmp_path / "map").write_text("".join(f'item {{ name: "{name}" label: {label} }}\n'
                                          for label, name in enumerate(("cat", "dog", "cow"), 1)))
    (tmp_path / "net.prototxt").write_text(NET)
    save_weights(Net("net.prototxt"), "w.caffemodel")
    (tmp_path / "s.prototxt").write_text(f'net: "net.prototxt" max_iter: 1 snapshot: 1 {PARAMS}')
    write_database(tmp_path / "db", good_records(2))
    (tmp_path / "data.prototxt").write_text(annotated_net(
        tmp_path / "db", 1, annotated='label_map_file: "map"'))
    return tmp_path


@pytest.mark.parametrize("program, words, named", [
    ("check_data", "data.prototxt --phase TEST --show out", "out/test_data_000.png"),
    ("check_data", "db --plot out.png --label_map_file map", "out.png"),
    ("compute_image_mean", "db out", "out"),
    ("convert_annoset", "--anno_type detection --label_map_file map voc boxes out", "out"),
    ("convert_dataset", "voc out", "out"),
    ("convert_imageset", "voc/JPEGImages list out", "out"),
    ("create_label_map", "names out", "out"),
    ("detect", "--model deploy.prototxt --weights quadrants.caffemodel --out out "
     "voc/JPEGImages/one.jpg", "out/detections.jsonl"),
    ("export_dataset", "db out --label_map_file map", "out"),
    ("extract_features", "w.caffemodel net.prototxt ip out 1 lmdb", "out"),
    ("get_image_size", "voc/JPEGImages list out", "out"),
    ("make_dataset", "strings out --train 1 --test 0 --jobs 1", "out"),
    ("make_shapes", "out --train 1 --test 0 --jobs 1", "out"),
    ("parse_log", "log out", "out/log.train"),
    ("plot_log", "log --fields LearningRate --out out.png", "out.png"),
    ("upgrade_net", "net.prototxt out", "out"),
    ("upgrade_solver", "s.prototxt out", "out"),
])
def test_the_file_that_cannot_be_written_is_named(place, program, words, named, capsys):
    main = importlib.import_module(f"framework.cli.{program}").main
    with no_room():
        assert main(words.split()) == 1
    output = capsys.readouterr()
    assert re.search(rf"error: {named}: .*File too large$", output.out + output.err, re.MULTILINE)


def test_a_drawing_of_a_net_that_cannot_be_written_is_named(place):
    with no_room(), pytest.raises(WriteError, match=r"^net.dot: .*File too large"):
        draw_net_to_file(read_net("net.prototxt").message, "net.dot")


def test_result_files_that_cannot_be_written_are_named(place):
    files = ResultFiles(place / "results", "comp4_", "VOC", {1: "cat"}, [1], ["one"], 1)
    files.begin()
    with no_room(), pytest.raises(WriteError, match="comp4_cat.txt: .*File too large"):
        files.add(np.array([1]), np.array([0.5]), np.array([[1, 2, 3, 4]], np.float32))
