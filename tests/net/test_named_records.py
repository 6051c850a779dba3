"""A label that the net cannot use: the error names the record and the database that it is from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from framework import Net, parse_net
from framework.cli.train import main as train
from framework.errors import DataError
from framework.net import class_counts
from framework.proto import Datum
from framework.solver.testing import score
from tests.data.making import annotated, encoded, image, write_database

BOXES = """
layer { name: "data" type: "AnnotatedData" top: "data" top: "label"
  transform_param { resize_param { height: 8 width: 9 } }
  data_param { source: "db" batch_size: 2 } }
layer { name: "silence" type: "Silence" bottom: "data" }
layer { name: "rows" type: "DummyData" top: "rows"
  dummy_data_param { shape { dim: 1 dim: 1 dim: 3 dim: 7 } data_filler { value: -1 } } }
layer { name: "ev" type: "DetectionEvaluate" bottom: "rows" bottom: "label" top: "ev"
  detection_evaluate_param { num_classes: 3 overlap_threshold: 0.5 } }
"""
CLASSES = """
layer { name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "db" batch_size: 2 backend: LMDB } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_of_a_box_in_a_test_of_a_database_without_a_label_map(monkeypatch):
    monkeypatch.setattr(class_counts, "NUM_LOOKED_AT", 1)       # not the one that is wrong
    Path("net.prototxt").write_text(BOXES)
    labels = (1, 2, 2, 1, 1, 7)
    write_database(Path("db"), [annotated(encoded(image(index)), [(label, .1, .2, .5, .7)])
                                for index, label in enumerate(labels)])
    net = Net("net.prototxt", "TEST")
    wanted = (r"net.prototxt:8: layer 'ev' \(DetectionEvaluate\): blob 'label' has the value 7 at "
              r"row 1 \(item 1\) .*num_classes is too small; it is in record "
              r"00000005_record5.jpg of db$")
    with pytest.raises(DataError, match=wanted):
        score(net, 3, "11point")
    net.close()


def test_of_a_class_in_training(capsys):
    Path("net.prototxt").write_text(CLASSES)
    Path("solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 4 snapshot: 0 '
        'snapshot_after_train: false solver_mode: CPU')
    write_database(Path("db"), [
        Datum(data=encoded(image(index)), encoded=True, channels=3, height=40, width=56,
              label=label).SerializeToString() for index, label in enumerate((0, 1, 4, 2))])
    assert train(["solver.prototxt"]) == 1
    shown = capsys.readouterr().err
    assert re.search(r"layer 'loss' \(SoftmaxWithLoss\): blob 'label' has the value 4 at item 0 of "
                     r"the batch; .*; it is in record 00000002_record2.jpg of db$", shown, re.M)


def test_a_label_of_the_background_is_not_blamed_on_the_number_of_classes():
    net = Net(parse_net("""
        input: "loc" input_shape { dim: 1 dim: 8 }
        input: "conf" input_shape { dim: 1 dim: 6 }
        input: "prior" input_shape { dim: 1 dim: 2 dim: 8 }
        input: "label" input_shape { dim: 1 dim: 1 dim: 1 dim: 8 }
        layer { name: "l" type: "MultiBoxLoss" bottom: "loc" bottom: "conf" bottom: "prior"
          bottom: "label" top: "l"
          multibox_loss_param { num_classes: 3 overlap_threshold: 0.5 } }"""))
    blobs = {name: torch.zeros(shape) for name, shape in net.shapes.items() if name != "l"}
    with pytest.raises(DataError, match=r"it must be from 0 to 2, as there are 3 classes, and not "
                                        r"0, that of the background$"):
        net(blobs)
