"""What pycaffe says of names, shapes and calls that a net does not take."""

import numpy as np
import pytest

import framework.pycaffe as caffe

TEXT = """input: "data" input_shape { dim: 2 dim: 1 dim: 6 dim: 7 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "out" convolution_param {
  num_output: 3 kernel_size: 2 } }
layer { name: "relu" type: "ReLU" bottom: "out" top: "out" }
"""


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(TEXT)
    return caffe.Net(str(path), caffe.TEST)


@pytest.mark.parametrize("name, words", [
    ("conv", "the net has no blob 'conv'; the layer 'conv' makes 'out'"),
    ("dada", "the net has no blob 'dada'; did you mean 'data'"), ("fc7", "has no blob 'fc7'$")])
def test_a_blob_that_is_not_there_is_a_key_error_that_says_what_is(net, name, words):
    with pytest.raises(KeyError) as error:
        net.blobs[name]
    assert words.rstrip("$") in error.value.args[0]
    assert error.value.args[0].endswith(words.rstrip("$")) or not words.endswith("$")
    assert net.blobs.get(name) is None
    assert name not in net.blobs


def test_parameters_that_are_not_there_are_a_key_error_that_says_what_is(net):
    with pytest.raises(KeyError, match="with parameters 'relu'; the layer 'relu' .ReLU. has none"):
        net.params["relu"]
    with pytest.raises(KeyError, match="'conv_new'"):
        net.params["conv_new"]
    assert list(net.params) == ["conv"]
    assert type(net.params.copy()).__name__ == "OrderedDict"


def test_an_array_of_another_shape_is_told_the_blob_and_both_shapes(net):
    message = r"input 'data' takes the shape \(2, 1, 6, 7\); it is given \(2, 3, 6, 7\)"
    with pytest.raises(ValueError, match=message):
        net.forward(data=np.zeros((2, 3, 6, 7)))


@pytest.mark.parametrize("images, words", [
    (np.zeros((6, 7, 1)), r"predict takes a list of images .*: \[image\] for one image"),
    ([np.zeros((6, 7))], r"the shape \(6, 7\); .*image\[:, :, None\] for a grey one"),
    ([np.zeros((6, 7, 3))], r"3 channels, and the net takes 1; .*color=False\) loads it so")])
def test_predict_says_what_an_image_is(net, tmp_path, images, words):
    net.save(str(tmp_path / "w.caffemodel"))
    classifier = caffe.Classifier(str(tmp_path / "net.prototxt"), str(tmp_path / "w.caffemodel"))
    with pytest.raises(ValueError, match=words):
        classifier.predict(images)


def test_names_of_2014_say_what_came_after():
    with pytest.raises(AttributeError, match=r"'set_phase_test'; .*caffe.Net\(file, weights, "
                                             r"caffe.TEST\)"):
        caffe.set_phase_test()


def test_a_reshape_that_no_layer_takes_is_told_with_both_shapes(net):
    net.blobs["data"].reshape(2, 4, 6, 7)
    with pytest.raises(RuntimeError, match=r"'data' is \(2, 4, 6, 7\), built as \(2, 1, 6, 7\), "
                                           "which the net's layers do not take: "):
        net.forward()
    net.blobs["data"].reshape(3, 1, 8, 9)
    assert net.forward()["out"].shape == (3, 3, 7, 8)


def test_start_and_end_that_are_no_layers_are_told_so(net):
    message = "no layer 'conw', as start and end name them; did you mean 'conv'"
    with pytest.raises(ValueError, match=message):
        net.forward(end="conw")


@pytest.mark.parametrize("shape, words", [
    ((6, 7), r"shape \(6, 7\), and the transpose \(2, 0, 1\) needs 3 axes; a grey image is"),
    ((6, 7, 1), r"channel swap \(2, 1, 0\) needs 3 channels; caffe.io.load_image\(path\) makes 3")])
def test_an_image_of_other_axes_or_channels_is_told_to_the_transformer(shape, words):
    transformer = caffe.io.Transformer({"data": (1, 3, 6, 7)})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_channel_swap("data", (2, 1, 0))
    with pytest.raises(ValueError, match=words):
        transformer.preprocess("data", np.zeros(shape))
