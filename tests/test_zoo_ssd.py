"""The shipped SSD nets: what the paper and the published files say of them, and one step each."""

import re
from pathlib import Path

import pytest
import torch

from framework.data.convert.conversion import write_database
from framework.data.convert.datum import ImageOptions, annotated_datum
from framework.data.datasets.label_files import Box
from framework.data.records.label_map import labels_by_name, make
from framework.definition.prototxt import to_text
from framework.definition.spec import NetSpec
from framework.net.net import Net
from framework.net.reading import read_net, read_solver
from framework.solver.solver import Solver
from tests.data.images import make_voc

ROOT = Path(__file__).resolve().parents[1]
SSD300 = ["ssd300_vgg16", "ssd300_mobilenet_v1", "ssd300_mobilenet_v2", "ssd300_mobilenet_v3",
          "ssd300_efficientnet_b0", "ssd300_resnet50", "ssd300_squeezenet"]
# Liu et al. 2016: 38 * 38 * 4 + 19 * 19 * 6 + 10 * 10 * 6 + 5 * 5 * 6 + 3 * 3 * 4 + 4; SqueezeNet's
# maps are 37, 18 and 9 cells wide.
NUM_PRIORS = dict.fromkeys(SSD300, 8732) | {
    "ssd300_squeezenet": 37 * 37 * 4 + 18 * 18 * 6 + 9 * 9 * 6 + 5 * 5 * 6 + 3 * 3 * 4 + 4,
    "ssd512_vgg16": 24564}


def net_path(name: str, file: str = "train_test") -> Path:
    return ROOT / "prototxt" / name / f"{file}.prototxt"


@pytest.fixture(scope="module")
def shapes_of_deploy_nets():
    return {name: Net(net_path(name, "deploy")).shapes for name in NUM_PRIORS}


@pytest.mark.parametrize("name", NUM_PRIORS)
def test_number_of_priors_is_that_of_the_paper(name, shapes_of_deploy_nets):
    shapes = shapes_of_deploy_nets[name]
    assert shapes["mbox_priorbox"] == (1, 2, 4 * NUM_PRIORS[name])
    assert shapes["mbox_loc"] == (1, 4 * NUM_PRIORS[name])
    assert shapes["mbox_conf_flatten"] == (1, 21 * NUM_PRIORS[name])


def test_ssd300_on_vgg_has_the_published_number_of_parameters():
    net = Net(net_path("ssd300_vgg16", "deploy"))
    # of the paper's model with 21 classes, the 512 scales of conv4_3_norm among them
    assert sum(parameter.numel() for parameter in net.parameters()) == 26_285_486


def test_backbones_differ_in_a_few_lines():
    reference = net_path("ssd300_vgg16").read_text().splitlines()
    assert len(reference) < 150
    for name in SSD300[1:]:
        lines = net_path(name).read_text().splitlines()
        assert len(lines) == len(reference)
        changed = [new for old, new in zip(reference, lines, strict=True) if old != new]
        settings = [line for line in changed if not re.match(r"#|name:|\s+mean_value:", line)]
        assert len(settings) <= 7


@pytest.mark.parametrize("phase, count", [("TRAIN", 99), ("TEST", 103)])
def test_ssd300_expands_to_the_published_layers(phase, count):
    # VGG_VOC0712_SSD_300x300 train.prototxt and test.prototxt as published have so many layers
    spec = NetSpec(read_net(net_path("ssd300_vgg16")), phase)
    assert len(spec.layers) == count
    sources = ["conv4_3_norm", "fc7", "conv6_2", "conv7_2", "conv8_2", "conv9_2"]
    expected = [f"{source}_mbox_{part}" for source in sources
                for part in ("loc", "loc_perm", "loc_flat", "conf", "conf_perm", "conf_flat",
                             "priorbox")]
    expected += ["mbox_loc", "mbox_conf", "mbox_priorbox"]
    expected += ["mbox_loss"] if phase == "TRAIN" else [
        "mbox_conf_reshape", "mbox_conf_softmax", "mbox_conf_flatten", "detection_out",
        "detection_eval"]
    assert [layer.name for layer in spec.layers if "mbox" in layer.name
            or layer.name.startswith("detection")] == expected


@pytest.mark.parametrize("name, sizes", [
    ("ssd300_vgg16", [30, 60, 111, 162, 213, 264, 315]),
    ("ssd512_vgg16", [35.84, 76.8, 153.6, 230.4, 307.2, 384, 460.8, 537.6]),
])
def test_prior_sizes_are_the_published_ones(name, sizes):
    spec = NetSpec(read_net(net_path(name)))
    priors = [layer.proto.prior_box_param for layer in spec.layers if layer.type == "PriorBox"]
    assert [prior.min_size[0] for prior in priors] == pytest.approx(sizes[:-1])
    assert [prior.max_size[0] for prior in priors] == pytest.approx(sizes[1:])


def test_solver_is_the_published_recipe():
    solver = read_solver(ROOT / "solvers" / "ssd_voc.prototxt").message
    net = NetSpec(read_net(ROOT / solver.net), "TRAIN")
    assert net.layers[0].proto.data_param.batch_size * solver.iter_size == 32
    assert (solver.base_lr, solver.gamma) == pytest.approx((0.001, 0.1))
    assert (solver.momentum, solver.weight_decay) == pytest.approx((0.9, 0.0005))
    assert (solver.lr_policy, list(solver.stepvalue)) == ("multistep", [80000, 100000, 120000])
    assert (solver.max_iter, solver.eval_type, solver.ap_version) == (120000, "detection",
                                                                     "11point")


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    """An LMDB of two images with boxes, and its label map of VOC's 20 names and background."""
    root = tmp_path_factory.mktemp("voc")
    boxes = {"a": [Box("cat", (4, 3, 30, 26))], "b": [Box("dog", (2, 5, 22, 28))]}
    make_voc(root, boxes)
    names = make([f"class{index}" for index in range(18)] + ["cat", "dog"])
    (root / "labelmap.prototxt").write_text(to_text(names))
    labels = labels_by_name(names)
    records = [(f"{index:08d}".encode(), annotated_datum(
        root / "JPEGImages" / f"{name}.jpg", root / "Annotations" / f"{name}.xml", labels,
        ImageOptions()).record) for index, name in enumerate(boxes)]
    (root / "lmdb").mkdir()
    write_database(root / "lmdb", records)
    return root


@pytest.mark.parametrize("name", [*SSD300, pytest.param("ssd512_vgg16",
                                                        marks=pytest.mark.slow)])
def test_net_trains_a_step_and_tests(name, voc, tmp_path):
    text = to_text(read_net(net_path(name)).message)      # one plain file: paths hold anywhere
    text = re.sub(r'source: "[^"]*"', f'source: "{voc}/lmdb"', text)
    text = re.sub(r'label_map_file: "[^"]*"', f'label_map_file: "{voc}/labelmap.prototxt"', text)
    text = re.sub(r'name_size_file: "[^"]*"', "", text)
    text = re.sub(r"batch_size: \d+", "batch_size: 1", text)
    (tmp_path / "net.prototxt").write_text(text)
    (tmp_path / "solver.prototxt").write_text(f"""
        net: "{tmp_path}/net.prototxt" base_lr: 0.001 lr_policy: "fixed" momentum: 0.9 max_iter: 1
        test_iter: 1 test_interval: 1 test_initialization: false eval_type: "detection"
        ap_version: "11point" snapshot_after_train: false""")
    solver = Solver(tmp_path / "solver.prototxt")
    before = [parameter.detach().clone() for parameter in solver.net.parameters()]

    solver.solve()

    moved = [not torch.equal(old, new) for old, new
             in zip(before, solver.net.parameters(), strict=True)]
    assert moved[0] and sum(moved) / len(moved) > 0.5      # blobs of unmatched sources may stay
    assert all(parameter.isfinite().all() for parameter in solver.net.parameters())
