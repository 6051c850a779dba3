"""num_classes of a detector against the label map that the net names, or one given beside it."""

from __future__ import annotations

import logging

import pytest
import torch

from framework import Net, parse_net
from framework.data.records import label_map
from framework.definition.spec import NetSpec
from framework.errors import DataError, SpecError
from framework.net.class_counts import check_class_counts, check_labels
from framework.net.trained import check_output_labels
from tests.data.making import annotated, encoded, image, write_database

OUTPUT = """
input: "loc" input_shape {{ dim: 1 dim: 8 }}
input: "conf" input_shape {{ dim: 1 dim: {scores} }}
input: "prior" input_shape {{ dim: 1 dim: 2 dim: 8 }}
layer {{ name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "prior" top: "out"
  detection_output_param {{ num_classes: {classes}
    nms_param {{ nms_threshold: 0.45 top_k: 4 }} keep_top_k: 4
    save_output_param {{ label_map_file: "map.prototxt" }} }} }}"""
EVALUATE = """
input: "rows" input_shape {{ dim: 1 dim: 1 dim: 2 dim: 7 }}
input: "label" input_shape {{ dim: 1 dim: 1 dim: 2 dim: 8 }}
layer {{ name: "data" type: "AnnotatedData" top: "images" top: "unused"
  transform_param {{ resize_param {{ height: 8 width: 9 }} }}
  data_param {{ source: "db" batch_size: 1 }}
  annotated_data_param {{ label_map_file: "map.prototxt" }} }}
layer {{ name: "ev" type: "DetectionEvaluate" bottom: "rows" bottom: "label" top: "ev"
  detection_evaluate_param {{ num_classes: {classes} overlap_threshold: 0.5 }} }}"""

FOCAL = """
input: "loc" input_shape {{ dim: 1 dim: 8 }}
input: "conf" input_shape {{ dim: 1 dim: {scores} }}
input: "prior" input_shape {{ dim: 1 dim: 2 dim: 8 }}
layer {{ name: "data" type: "AnnotatedData" top: "images" top: "label"
  transform_param {{ resize_param {{ height: 8 width: 9 }} }}
  data_param {{ source: "db" batch_size: 1 }}
  annotated_data_param {{ label_map_file: "map.prototxt" }} }}
layer {{ name: "loss" type: "RetinaNetLoss" bottom: "loc" bottom: "conf" bottom: "prior"
  bottom: "label" top: "loss" retina_net_loss_param {{ num_classes: {classes} }} }}"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.prototxt").write_text(str(label_map.make(["box", "disc"])))
    return tmp_path


def net(text: str, classes: int) -> Net:
    return Net(parse_net(text.format(classes=classes, scores=2 * classes), "n.prototxt"),
               skip_data=True)


@pytest.mark.parametrize("text, field", [
    (OUTPUT, r"n.prototxt:6: layer 'out' \(DetectionOutput\): detection_output_param.num_classes"),
    (EVALUATE, r"n.prototxt:9: layer 'ev' \(DetectionEvaluate\): detection_evaluate_param.num_cla"),
    (FOCAL, r"n.prototxt:10: layer 'loss' \(RetinaNetLoss\): retina_net_loss_param.num_classes"),
])
def test_too_few_classes_are_an_error_before_anything_runs(text, field, caplog):
    with pytest.raises(SpecError, match=field + r".* is 2, but map.prototxt has the label 2 "
                                        r"\('disc'\): it must be at least 3"):
        net(text, 2)
    assert not caplog.records


@pytest.mark.parametrize("text", [OUTPUT, EVALUATE])
@pytest.mark.parametrize("classes, message", [
    (3, ""), (21, "num_classes is 21, but map.prototxt has labels up to 2: 3 would do, and 18 cla"),
])
def test_classes_without_a_label_are_allowed_and_named(text, classes, message, caplog):
    with caplog.at_level(logging.WARNING):
        net(text, classes)
    assert len(caplog.records) == bool(message)
    assert message in caplog.text


def test_a_net_whose_label_map_is_absent_is_not_judged(folder, caplog):
    (folder / "map.prototxt").unlink()
    net(EVALUATE, 2)
    assert not caplog.records


def without_map(folder, labels, classes):
    """A net whose label map is absent, and whose database has a box of each of `labels`."""
    (folder / "map.prototxt").unlink()
    write_database(folder / "db", [annotated(encoded(image(index)), [(label, .1, .1, .5, .5)])
                                   for index, label in enumerate(labels)])
    return Net(parse_net(EVALUATE.format(classes=classes), "n.prototxt"))


def test_too_few_classes_for_the_records_name_field_database_and_record(folder):
    with pytest.raises(SpecError, match=(
            r"n.prototxt:9: layer 'ev' \(DetectionEvaluate\): detection_evaluate_param.num_classes "
            r"is 3, but record 00000199\S* of db has a box with the label 4: it must be at least "
            r"5, the background counted")):
        without_map(folder, [1] * 199 + [4], 3)


def test_classes_that_no_record_has_are_named_if_all_were_looked_at(folder, caplog):
    with caplog.at_level(logging.WARNING):
        without_map(folder, [1, 2, 1], 21)
    assert "num_classes is 21, but the boxes of db have labels up to 2: 3 would do" in caplog.text


def test_classes_that_only_some_records_lack_are_not_judged(folder, caplog):
    with caplog.at_level(logging.WARNING):
        without_map(folder, [1] * 99, 21)
    assert "num_classes" not in caplog.text


def test_the_first_stage_of_refinedet_tells_objects_from_background_only():
    text = """layer { name: "l" type: "MultiBoxLoss" top: "l" multibox_loss_param {
        num_classes: 2 objectness_score: 0.01 } }"""
    document = parse_net(EVALUATE.format(classes=3) + text, "n.prototxt")
    check_class_counts(NetSpec(document, "TEST", wired=False))


@pytest.mark.parametrize("names, is_other", [(["box", "disc"], False), (["a"], True),
                                             (["a", "b", "c"], True)])
def test_a_label_map_given_beside_a_trained_net_must_have_its_number_of_classes(names, is_other):
    spec = net(OUTPUT, 3).spec
    labels = label_map.names_by_label(label_map.make(names))
    if not is_other:
        check_labels(spec, "given.prototxt", labels)
        return
    with pytest.raises(SpecError, match=r"num_classes is 3, but given.prototxt has labels up to "
                                        r"\d, which makes \d classes: it is the label map of anot"):
        check_labels(spec, "given.prototxt", labels)


SCORES = """layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: [1, 3, 4, 6] } } }
layer { name: "map" type: "Convolution" bottom: "data" top: "map"
  convolution_param { num_output: 3 kernel_size: 1 } }
"""


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_label_map_beside_scores_must_have_as_many_classes(count):
    scores = Net(parse_net(SCORES, "n.prototxt"), "TEST")
    labels = dict.fromkeys(range(count), "x")
    if count == 3:
        check_output_labels(scores, "given.txt", labels)
        return
    with pytest.raises(SpecError, match=(
            r"n.prototxt:3: layer 'map' \(Convolution\): blob 'map' has the scores of 3 classes, "
            rf"but given.txt has labels up to {count - 1}, which makes {count} classes: it is the "
            "label map of another net")):
        check_output_labels(scores, "given.txt", labels)


def test_a_label_out_of_range_names_the_file_and_the_field():
    text = EVALUATE.format(classes=2).replace("map.prototxt", "none.prototxt")
    evaluation = Net(parse_net(text, "n.prototxt"), skip_data=True)
    rows = torch.full((1, 1, 2, 7), -1.0)
    label = torch.tensor([[0.0, 2, 0, .1, .1, .5, .5, 0]] * 2).reshape(1, 1, 2, 8)
    with pytest.raises(DataError, match=r"n.prototxt:8: layer 'ev' .*value 2 .*detection_evaluate_"
                                        r"param.num_classes is too small"):
        evaluation({"rows": rows, "label": label, "images": rows, "unused": label})
