"""What BVLC's layers refuse in LayerSetUp and Reshape is an error here; what they take is taken.

Each case is a CHECK of the layer's .cpp in BVLC/caffe.
"""

import pytest
import torch

from framework import Net, SpecError, parse_net


def blob(name: str, *shape: int) -> str:
    dims = " ".join(f"dim: {size}" for size in shape)
    return (f'layer {{ name: "{name}" type: "DummyData" top: "{name}" '
            f"dummy_data_param {{ shape {{ {dims} }} }} }}\n")


def layer(kind: str, bottoms: str, tops: str, fields: str = "") -> str:
    names = [f'bottom: "{name}"' for name in bottoms.split()]
    names += [f'top: "{name}"' for name in tops.split()]
    return f'layer {{ name: "l" type: "{kind}" {" ".join(names)} {fields} }}\n'


X = blob("x", 2, 3, 4, 5)
UNIT = blob("cell", 1, 2, 3) + blob("gates", 1, 2, 12)
SHAPE = "reshape_param { shape { dim: 0 dim: -1 } }"
MATRIX = blob("h", 1, 1, 10, 10)


@pytest.mark.parametrize("text, message", [
    (X + layer("AbsVal", "x", "x"), r"<text>:2: layer 'l' \(AbsVal\): top is 'x', as its bottom"),
    (X + layer("Flatten", "x", "x"), "Flatten does not work in place: give it another name"),
    (X + layer("Split", "x", "x y"), "Split does not work in place"),
    (X + layer("Exp", "x", "y", "exp_param { base: inf }"), "exp_param.base is inf"),
    (X + layer("Log", "x", "y", "log_param { base: inf }"), "log_param.base is inf"),
    (X + layer("Exp", "x", "y", "exp_param { base: nan }"), "exp_param.base is nan"),
    (X + layer("Flatten", "x", "y", "flatten_param { axis: 3 end_axis: 1 }"), "comes before"),
    (X + layer("Im2col", "x", "y", "convolution_param { kernel_size: 2 axis: 3 }"),
     r"convolution_param.axis is 3; the bottom has the shape \(2, 3, 4, 5\), where no axis"),
    (blob("x", 2, 3, 4) + layer("LRN", "x", "y"), r"has the shape \(2, 3, 4\); LRN takes"),
    (UNIT + blob("c", 1, 2, 1) + layer("LSTMUnit", "cell gates c", "a b"), r"and \(1, N\)"),
    (blob("s", 4, 10, 2) + blob("t", 2, 4) + layer("SoftmaxWithLoss", "s t", "y"),
     r"'t' has the shape \(2, 4\); its first axis must be as long as that of 's', \(4, 10, 2\)"),
    (blob("s", 4, 10, 2) + blob("t", 2, 4) + MATRIX
     + layer("InfogainLoss", "s t h", "y", "infogain_loss_param { axis: 1 }"),
     "its first axis must be as long"),
])
def test_what_a_check_of_the_original_refuses_is_an_error(text, message):
    with pytest.raises(SpecError, match=message):
        Net(parse_net(text), "TRAIN")


@pytest.mark.parametrize("kind, fields", [
    ("ReLU", ""), ("Sigmoid", ""), ("TanH", ""), ("BNLL", ""), ("ELU", ""), ("Power", ""),
    ("Exp", ""), ("Log", ""), ("Threshold", ""), ("Dropout", ""), ("PReLU", ""), ("Swish", ""),
    ("Scale", ""), ("Bias", ""), ("BatchNorm", ""), ("Softmax", ""), ("MVN", ""), ("LRN", ""),
    ("Clip", "clip_param { min: 0 max: 1 }"),
])
def test_layers_without_such_a_check_work_in_place(kind, fields):
    net = Net(parse_net(X + layer(kind, "x", "x", fields)), "TRAIN")
    assert net.forward()["x"].shape == (2, 3, 4, 5)


@pytest.mark.parametrize("axis, shape", [(2, (2, 3, 1, 4, 5)), (1, (2, 1, 3, 4, 5)),
                                         (3, (2, 3, 4, 1, 5))])
def test_flatten_that_ends_before_it_begins_inserts_an_axis(axis, shape):
    # flatten_layer.cpp: count(axis, end_axis + 1) of no axis is 1
    fields = f"flatten_param {{ axis: {axis} end_axis: {axis - 1} }}"
    text = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 ' \
        "dim: 4 dim: 5 } } }\n" + layer("Flatten", "x", "y", fields)
    x = torch.arange(120.0).reshape(2, 3, 4, 5)
    y = Net(parse_net(text))({"x": x})["y"]
    assert y.shape == shape and torch.equal(y.flatten(), x.flatten())


def test_a_reshape_in_place_is_taken_with_a_warning(caplog):
    """BVLC's CHECK_NE came with its layer; the one of Ask_Attend_and_Answer has none."""
    net = Net(parse_net(X + layer("Reshape", "x", "x", SHAPE)
                        + 'layer { name: "r" type: "ReLU" bottom: "x" top: "r" }'))
    assert net()["r"].shape == (2, 60)
    assert "layer 'l' (Reshape): works in place, which BVLC's Caffe refuses" in caplog.text
