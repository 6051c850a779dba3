"""`freeze`: layers named by a pattern stay as they are, to the bit."""

from __future__ import annotations

import re

import pytest

from framework.errors import SpecError
from tests.solver_runs import DATA, log_of, make

NET = DATA + """
layer { name: "block/ip1" type: "InnerProduct" bottom: "data" top: "ip1"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "block/bn" type: "BatchNorm" bottom: "ip1" top: "bn" }
layer { name: "head" type: "InnerProduct" bottom: "bn" top: "ip2"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip2" bottom: "label" top: "loss" }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path


def blobs(solver) -> dict[str, list[list[float]]]:
    return {name: [blob.flatten().tolist() for blob in found]
            for name, found in solver.net.params.items()}


@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
def test_frozen_layers_and_their_statistics_stay_and_the_others_learn(kind):
    make('net: "net.prototxt" max_iter: 3').solve()         # statistics to stand on
    solver = make(f'net: "net.prototxt" type: "{kind}" weight_decay: 0.1 freeze: "block/*"',
                  weights="s_iter_3.caffemodel")
    before = blobs(solver)
    solver.step(3)
    after = blobs(solver)
    assert after["block/ip1"] == before["block/ip1"] and after["block/bn"] == before["block/bn"]
    assert after["head"] != before["head"]
    assert solver.net.layer("block/ip1").blobs[0].grad is None
    assert "Frozen (freeze): block/ip1, block/bn" in log_of(solver)


def test_without_freeze_all_of_them_move():
    solver = make('net: "net.prototxt"')
    before = blobs(solver)
    solver.step(1)
    assert all(blobs(solver)[name] != before[name] for name in before)


def test_a_pattern_that_fits_nothing_is_an_error_with_the_nearest_layer():
    with pytest.raises(SpecError, match=re.escape(
            "solver.prototxt:1: freeze[1] is 'heed', which fits no layer with blobs; did you mean "
            "'head'?")):
        make('net: "net.prototxt" freeze: "block/*" freeze: "heed"')


def test_half_of_a_shared_blob_cannot_be_frozen(tmp_path):
    text = NET.replace('name: "head" type: "InnerProduct" bottom: "bn"',
                       'name: "head" type: "InnerProduct" bottom: "bn" param { name: "w" }')
    text += """layer { name: "twin" type: "InnerProduct" bottom: "bn" top: "ip3" param { name: "w" }
      inner_product_param { num_output: 2 } }"""
    (tmp_path / "net.prototxt").write_text(text)
    with pytest.raises(SpecError, match="fits layer 'head', which shares a blob with 'twin'"):
        make('net: "net.prototxt" freeze: "head"')


IMAGES = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 3 dim: 5 dim: 6 } shape { dim: 4 dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
layer { name: "block" bottom: "data" top: "block" %s }
layer { name: "head" type: "InnerProduct" bottom: "block" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.mark.parametrize("layer", [
    'type: "BatchNorm"', 'type: "BN" bn_param { momentum: 0.9 }', 'type: "CuDNNBatchNorm"',
    'type: "DenseBlock" denseblock_param { numTransition: 2 growthRate: 4 Filter_Filler { type: '
    '"xavier" } }'])
def test_every_layer_with_running_averages_keeps_them(layer, tmp_path):
    (tmp_path / "net.prototxt").write_text(IMAGES % layer)
    solver = make('net: "net.prototxt" freeze: "block"')
    before = blobs(solver)["block"]
    solver.step(2)
    assert blobs(solver)["block"] == before
