"""Layers that a weight file says nothing about: an error or a warning where the net is used."""

import logging
from pathlib import Path

import pytest

import framework
from framework.cli import detect, test, time
from framework.errors import WeightsError
from framework.inference.detector import Detector
from framework.pycaffe.net import Net as PycaffeNet
from tests.quadrants import write_net


def renamed(folder: Path, filler: str = "") -> tuple[Path, Path]:
    """A detection net whose layer `conf` has another name than in the weights."""
    model, weights = write_net(folder)
    text = model.read_text().replace('name: "conf"', 'name: "conf_x"')
    model.write_text(text.replace("num_output: 2", f"num_output: 2 {filler}"))
    return model, weights


def test_a_detector_refuses_a_net_with_a_layer_that_got_no_weights(tmp_path):
    with pytest.raises(WeightsError, match="quadrants.caffemodel: has no weights for the layers "
                       "conf_x of .*deploy.prototxt; layers are found by their names"):
        Detector(*renamed(tmp_path))


def test_tools_detect_names_the_layer_and_ends_with_1(tmp_path, capsys):
    model, weights = renamed(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"")
    assert detect.main(["--model", str(model), "--weights", str(weights), "--out",
                        str(tmp_path / "o"), str(tmp_path / "a.jpg")]) == 1
    assert "has no weights for the layers conf_x" in capsys.readouterr().err


def test_values_that_the_prototxt_states_are_only_warned_about(tmp_path, caplog):
    Detector(*renamed(tmp_path, 'weight_filler { type: "constant" value: 0.5 }'))
    assert "not in the file, and have no trained weights: conf_x" in caplog.text


@pytest.mark.parametrize("make", [framework.Net, PycaffeNet])
@pytest.mark.parametrize("phase, level", [("TEST", logging.WARNING), ("TRAIN", logging.INFO)])
def test_a_net_warns_when_it_tests_and_informs_when_it_trains(tmp_path, caplog, make, phase, level):
    model, weights = renamed(tmp_path)
    caplog.set_level(logging.INFO)
    number = {"TRAIN": 0, "TEST": 1}[phase] if make is PycaffeNet else phase
    make(str(model), number, weights=str(weights))
    (record,) = [record for record in caplog.records if "conf_x" in record.getMessage()]
    assert record.levelno == level


def test_a_layer_that_shares_its_blobs_with_one_in_the_file_has_weights(tmp_path):
    model, weights = write_net(tmp_path)
    share = 'param { name: "w" } param { name: "b" } convolution_param { num_output: 2'
    text = model.read_text().replace("convolution_param { num_output: 2", share)
    twin = text[text.index('layer { name: "conf" '):text.index('layer { name: "conf_perm"')]
    model.write_text(text + twin.replace('"conf"', '"twin"'))
    Detector(model, weights)


def test_tools_test_warns_of_the_layer(tmp_path, capsys):
    """The line begins with W, as glog's warnings do."""
    net = 'layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: ' \
        '[2, 3] } } }\nlayer { name: "%s" type: "InnerProduct" bottom: "data" top: "y" ' \
        'inner_product_param { num_output: 2 } }\n' \
        'layer { name: "b" type: "Bias" bottom: "y" top: "z" }'
    (tmp_path / "a").write_text(net % "ip")
    (tmp_path / "b").write_text(net % "ip_x")
    framework.save_weights(framework.Net(tmp_path / "a"), tmp_path / "w.caffemodel")
    assert test.main(["--model", str(tmp_path / "b"), "--weights", str(tmp_path / "w.caffemodel"),
                      "--iterations", "1"]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "ip_x" in line]
    assert line.startswith("W") and "1 not in the file: ip_x" in line


def test_tools_time_says_which_layers_got_no_weights(tmp_path, capsys):
    net = 'layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: ' \
        '[2, 3] } } }\nlayer { name: "%s" type: "Scale" bottom: "data" top: "y" }\n' \
        'layer { name: "b" type: "Bias" bottom: "y" top: "z" }'
    (tmp_path / "a").write_text(net % "scale")
    (tmp_path / "b").write_text(net % "scale_x")
    framework.save_weights(framework.Net(tmp_path / "a"), tmp_path / "w.caffemodel")
    assert time.main(["--model", str(tmp_path / "b"), "--weights", str(tmp_path / "w.caffemodel"),
                      "--iterations", "1"]) == 0
    assert "w.caffemodel: 1 layer copied; 1 not in the file: scale_x" in capsys.readouterr().err
