"""Nets as Darknet's files: what was imported comes back to the bit; the rest is refused."""

import importlib
import re

import numpy as np
import pytest
import torch

from framework.cli.export import main
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.importing.darknet import Darknet, sections
from tests.importing.darknet_nets import CLASSIFIER, V2, V3

import_main = importlib.import_module("framework.cli.import").main


def exported(tmp_path, prototxt="net.prototxt", caffemodel="net.caffemodel", more=()):
    return main(["--to", "darknet", "--model", str(tmp_path / prototxt), "--weights",
                 str(tmp_path / caffemodel), "--out", str(tmp_path / "back.cfg"), *more])


@pytest.mark.parametrize("text", [V3, V2, CLASSIFIER], ids=["v3", "v2", "classifier"])
def test_a_net_of_darknet_comes_back_to_the_bit(text, tmp_path):
    if text == CLASSIFIER:      # what reads the image must be a convolution
        text = text.replace("[crop]\ncrop_height=12\ncrop_width=14\nflip=1\n", "") \
            .replace("temperature=2\n", "")
    (tmp_path / "net.cfg").write_text(text)
    content = Darknet(text).content()
    (tmp_path / "net.weights").write_bytes(content)
    assert import_main([str(tmp_path / "net.cfg"), "--weights", str(tmp_path / "net.weights"),
                        "--out", str(tmp_path / "net")]) == 0
    assert exported(tmp_path) == 0
    assert (tmp_path / "back.weights").read_bytes() == content
    kinds = [[kind for kind, _ in sections(one) if kind != "cost"]
             for one in ((tmp_path / "back.cfg").read_text(), text)]
    assert kinds[0] == kinds[1]
    darknet, back = Darknet(text), Darknet((tmp_path / "back.cfg").read_text())
    back.weights = darknet.weights
    image = np.random.default_rng(3).random((3, int(darknet.net["height"]),
                                             int(darknet.net["width"])))
    last = -2 if "[cost]" in text else -1
    np.testing.assert_allclose(back.forward(image)[-1], darknet.forward(image)[last], rtol=1e-9)


@pytest.mark.parametrize("text", [V3, V2], ids=["v3", "v2"])
def test_boxes_by_class_go_to_onnx_as_well(text, tmp_path, capsys):
    pytest.importorskip("onnxruntime")
    (tmp_path / "net.cfg").write_text(text)
    (tmp_path / "net.weights").write_bytes(Darknet(text).content())
    assert import_main([str(tmp_path / "net.cfg"), "--weights", str(tmp_path / "net.weights"),
                        "--out", str(tmp_path / "net")]) == 0
    assert main(["--model", str(tmp_path / "net.prototxt"), "--weights",
                 str(tmp_path / "net.caffemodel"), "--out", str(tmp_path / "net.onnx")]) == 0
    assert "blobs agree" in capsys.readouterr().out


def written(tmp_path, layers, transform="transform_param { scale: 0.003921569 }"):
    """A net with random weights in files."""
    (tmp_path / "net.prototxt").write_text(
        'name: "n" layer { name: "data" type: "Input" top: "data" ' + transform
        + " input_param { shape { dim: 1 dim: 3 dim: 10 dim: 14 } } }" + layers)
    torch.manual_seed(0)
    net = Net(tmp_path / "net.prototxt", "TEST")
    generator = torch.Generator().manual_seed(0)
    for step in net.layers:
        for blob in step.layer.blobs:
            blob.data.uniform_(0.5, 1.5, generator=generator)
    save_weights(net, tmp_path / "net.caffemodel")
    return net


CONV = ('layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { '
        'num_output: 4 kernel_size: 3 pad: 1 FIELDS } }')


def test_a_net_of_caffe_goes_out_with_batch_norm_folded_and_pixels_scaled(tmp_path):
    net = written(tmp_path, CONV.replace("FIELDS", "")
                  + 'layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }'
                  'layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: '
                  'true } } layer { name: "r" type: "ReLU" bottom: "c" top: "c" }'
                  'layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { '
                  'kernel_size: 3 stride: 2 } }', transform="")
    assert exported(tmp_path) == 0
    back = Darknet((tmp_path / "back.cfg").read_text())
    floats = np.frombuffer((tmp_path / "back.weights").read_bytes(), "<f4", offset=20)
    assert len(floats) == 4 + 4 * 27
    back.weights = {(0, "biases"): floats[:4].astype(float),
                    (0, "weights"): floats[4:].reshape(4, 3, 3, 3).astype(float)}
    image = np.random.default_rng(0).random((3, 10, 14))
    with torch.no_grad():
        mine = net.run({"data": torch.from_numpy(255 * image[None, ::-1].copy()).float()})["p"]
    np.testing.assert_allclose(back.forward(image)[-1], mine[0].numpy(), rtol=1e-4)


@pytest.mark.parametrize("layers, transform, message", [
    ('layer { name: "l" type: "LRN" bottom: "data" top: "l" }', None,
     r"net.prototxt:1: layer 'l' \(LRN\): type has no form in a .cfg file here: there are"),
    (CONV.replace("FIELDS", "") + 'layer { name: "r" type: "ReLU" bottom: "c" top: "c" relu_param {'
     ' negative_slope: 0.2 } }', None, r"layer 'r' \(ReLU\): .*no such activation"),
    (CONV.replace("FIELDS", "") + 'layer { name: "p" type: "Pooling" bottom: "c" top: "p" '
     'pooling_param { pool: AVE kernel_size: 2 } }', None, r"layer 'p' .*AVE over the whole map"),
    (CONV.replace("FIELDS", ""), "transform_param { mean_value: 104 }",
     r"layer 'data' \(Input\): transform_param.mean_value is given; Darknet subtracts no mean"),
    (CONV.replace("FIELDS", "") + 'layer { name: "d" type: "Pooling" bottom: "data" top: "d" '
     'pooling_param { kernel_size: 2 stride: 2 } }', None,
     r"layer 'd' .*reads the image, which only the first layer"),
    (CONV.replace("FIELDS", "") + 'layer { name: "e" type: "Eltwise" bottom: "c" bottom: "c" '
     'top: "e" eltwise_param { operation: PROD } }', None, r"layer 'e' .*PROD; \[shortcut\] adds"),
    (CONV.replace("FIELDS", "") + 'layer { name: "k" type: "InnerProduct" bottom: "c" top: "k" '
     'inner_product_param { num_output: 1 } } layer { name: "e" type: "Eltwise" bottom: "c" '
     'bottom: "k" top: "e" eltwise_param { coeff_blob: true } }', None,
     r"layer 'e' .*has coeff_blob; a \[shortcut\] has fixed factors"),
    (CONV.replace("FIELDS", "stride_h: 2 stride_w: 1").replace("kernel_size: 3", "kernel_h: 3 "
     "kernel_w: 1").replace("pad: 1", ""), None, r"layer 'c' .*not the same along both axes"),
])
def test_what_darknet_has_not_is_refused_with_layer_and_reason(layers, transform, message, tmp_path,
                                                               capsys):
    written(tmp_path, layers, *[transform] * (transform is not None))
    capsys.readouterr()
    assert exported(tmp_path) == 1
    error = capsys.readouterr().err
    assert re.search(message, error), error
    assert not list(tmp_path.glob("back*"))


def test_the_file_must_be_a_cfg_file(tmp_path, capsys):
    written(tmp_path, CONV.replace("FIELDS", ""))
    assert main(["--to", "darknet", "--model", str(tmp_path / "net.prototxt"), "--weights",
                 str(tmp_path / "net.caffemodel"), "--out", str(tmp_path / "back.txt")]) == 1
    assert "writes a .cfg file, and the .weights file beside it" in capsys.readouterr().err
