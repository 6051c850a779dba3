"""Layers that a reader of Caffe files lacks, rewritten exactly: written, read back and compared."""

import pytest

from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import DIALECTS
from framework.layers.vision.convolution import Convolution
from framework.net.net import Net
from tests.export.caffe_support import CONV, FLAT, LITTLE, MEAN, layer, made_for, text_of
from tests.support import net_from

BY_MATRICES = ["Permute", "Convolution", "Permute", "Convolution", "Permute"]
REWRITTEN = {
    "ReLU6": (layer("y", "ReLU6"), ["ReLU", "Power", "ReLU", "Power"]),
    "Clip": (layer("y", "Clip", param="clip_param { min: -0.5 max: 0.7 }"),
             ["Power", "ReLU", "Power", "ReLU", "Power"]),
    "HardSwish": (layer("y", "HardSwish"),
                  ["Power", "ReLU", "Power", "ReLU", "Power", "Power", "Eltwise"]),
    "HardSigmoid": (layer("y", "HardSigmoid"), ["Power", "ReLU", "Power", "ReLU", "Power"]),
    "Swish": (layer("y", "Swish", param="swish_param { beta: 0.7 }"),
              ["Power", "Sigmoid", "Eltwise"]),
    "AbsVal": (layer("y", "AbsVal"), ["ReLU", "Power", "ReLU", "Eltwise"]),
    "ShuffleChannel": (layer("y", "ShuffleChannel", param="shuffle_channel_param { group: 3 }"),
                       ["Reshape", "Permute", "Reshape"]),
    "Upsample": (layer("y", "Upsample", param="upsample_param { scale: 3 }"), ["Deconvolution"]),
    "Upsample, oblong": (layer("y", "Upsample", param="upsample_param { scale_h: 3 scale_w: 2 }"),
                         ["Deconvolution"]),
    "Normalize": (layer("y", "Normalize", param="norm_param { across_spatial: false }"),
                  ["Eltwise", "Convolution", "Power", "Eltwise", "Scale"]),
    "PReLU": (layer("y", "PReLU", param="prelu_param { channel_shared: true }"), ["PReLU"]),
    "Bias": (layer("y", "Bias", param="bias_param { filler { value: 2 } }"), ["Scale"]),
    "Flatten": (layer("y", "Flatten"), ["Reshape"]),
    "depthwise": (layer("y", "DepthwiseConvolution",
                        param="convolution_param { kernel_size: 3 }"), ["Convolution"]),
    "InnerProduct": (layer("y", "InnerProduct",
                           param="inner_product_param { num_output: 3 transpose: true }"),
                     ["InnerProduct"]),
    "relu inside": (layer("y", "Convolution", param="convolution_param { num_output: 3 "
                          "kernel_size: 3 relu: true negative_slope: 0.1 }"),
                    ["Convolution", "ReLU"]),
    "SiLU": (layer("y", "SiLU"), ["Sigmoid", "Eltwise"]),
    "BN": (layer("y", "BN", param="bn_param { bn_mode: INFERENCE }"), ["Scale"]),
    "EltwiseAffine": (layer("y", "EltwiseAffine"), ["Scale"]),
    "RReLU": (layer("y", "RReLU"), ["ReLU"]),
    "Insanity": (layer("y", "Insanity"), ["ReLU"]),
    "Dropout": (layer("y", "Dropout", param="dropout_param { scale_train: false }"), ["Power"]),
    "Transpose": (layer("y", "Transpose", param="transpose_param { dim: 2 dim: 0 dim: 3 dim: 1 }"),
                  ["Permute"]),
    "TensorTranspose": (layer("y", "TensorTranspose", param="tensor_transpose_param { order: 1 "
                              "order: 0 order: 3 order: 2 }"), ["Permute"]),
    "dilations of two sides": (layer("y", "Convolution", param="convolution_param { num_output: 4 "
                                     "kernel_h: 1 kernel_w: 3 dilation_h: 0 dilation_w: 2 }"),
                               ["Convolution"]),
    "PixelShuffle": (CONV.replace("num_output: 6", "num_output: 12")
                     + layer("y", "PixelShuffle", "conv", "pixelshuffle_param { "
                             "upscale_factor: 2 }"), ["Convolution", "Deconvolution"]),
    "AdaptivePooling": (layer("y", "AdaptivePooling", param="adaptive_pooling_param { pool: AVE "
                              "pooled_h: 4 pooled_w: 7 }"), ["Pooling"]),
    "ConvolutionSK": (layer("y", "ConvolutionSK", param="convolution_param { num_output: 4 "
                            "kernel_h: 3 kernel_w: 2 kstride_h: 2 kstride_w: 3 group: 2 }"),
                      ["Convolution"]),
    "SparseInnerProduct": (layer("y", "SparseInnerProduct",
                                 param="inner_product_param { num_output: 3 }"), ["InnerProduct"]),
    "Interp": (layer("y", "Interp", param="interp_param { height: 5 width: 13 pad_beg: -1 }"),
               BY_MATRICES),
    "Interp, nearest": (layer("y", "Interp", param="interp_param { zoom_factor: 3 mode: NEAREST }"),
                        BY_MATRICES),
    "Interp, shrunk": (layer("y", "Interp", param="interp_param { shrink_factor: 2 }"),
                       BY_MATRICES),
    "Interp, sizes of a blob": (CONV.replace("pad: 1", "stride: 2")
                                + layer("y", "Interp", "conv data"),
                                ["Convolution", *BY_MATRICES]),
    "MyNormalize": (layer("y", "MyNormalize", param="my_norm_param { across_spatial: false }"),
                    ["Eltwise", "Convolution", "Power", "Eltwise", "Scale"]),
    "Normalize, happynear's": (layer("y", "Normalize", param="normalize_param { }"),
                               ["Eltwise", "Convolution", "Power", "Eltwise", "Scale"]),
    "dropout": (layer("drop", "Dropout") + layer("y", "ReLU", "drop"), ["ReLU"]),
    "drop path": (layer("drop", "DropPath") + layer("y", "ReLU", "drop"), ["ReLU"]),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_layer_that_a_reader_lacks_is_rewritten_exactly(name, tmp_path):
    text, types = REWRITTEN[name]
    assert made_for(text_of(text), LITTLE, tmp_path)[1] == types


@pytest.mark.parametrize("kind, types", [
    ("SeLU", ["ELU", "Power"]), ("Softplus", ["BNLL"]),
    ("SimpleCrop", ["Convolution", "Crop"]), ("Interp", BY_MATRICES)])
def test_a_layer_that_bvlc_lacks_is_rewritten_exactly(kind, types, tmp_path):
    param = "interp_param { height: 5 width: 13 }" if kind == "Interp" else ""
    texts = [layer("y", kind, param=param)]
    if kind == "SimpleCrop":
        texts = [CONV.replace("pad: 1", ""), layer("y", kind, "data conv")]
    assert made_for(text_of(*texts), DIALECTS["plain"], tmp_path)[1] == types


def test_another_form_of_normalize_is_refused():
    net = net_from(text_of(layer("y", "Normalize", param='normalize_param { normalize_type: "L1" }'
                                 )), "TEST")
    refused, = to_dialect(net, DIALECTS["plain"]).refused
    assert "normalize_param is another project's Normalize" in refused.rule


@pytest.mark.parametrize("kind, param", [("Scale", "scale_param { axis: 0 }"),
                                         ("BroadcastMul", "")])
def test_a_factor_for_each_channel_is_spread_over_the_plane(kind, param, tmp_path):
    text = text_of(CONV, MEAN, FLAT, layer("y", kind, "conv flat", param))
    assert made_for(text, LITTLE, tmp_path)[1] == \
        ["Convolution", "Pooling", "Reshape", "Reshape", "Deconvolution", "Eltwise"]


def test_axpy_is_a_product_and_a_sum(tmp_path):
    text = text_of(CONV, MEAN, layer("y", "Axpy", "mean conv data"))
    assert made_for(text, LITTLE, tmp_path)[1] == \
        ["Convolution", "Pooling", "Deconvolution", "Eltwise", "Eltwise"]


SUM_OF_PRODUCTS = ["Reshape", "Tile", "Reshape", "Tile", "Eltwise", "Reduction"]
FACTORS = {     # by what is before MatMul, MatMul, and the types of the layers
    "a blob of weights": ("", layer("y", "MatMul", param="matmul_param { blob_shape: 7 "
                                    "blob_shape: 5 }"), ["InnerProduct"]),
    "both transposed": ("", layer("y", "MatMul", param="matmul_param { blob_shape: 5 "
                                  "blob_shape: 8 transpose_a: true transpose_b: true }"),
                        ["Permute", "InnerProduct"]),
    "two blobs": (layer("relu", "ReLU"), layer("y", "MatMul", "data relu", "matmul_param { "
                                               "transpose_b: true }"),
                  ["ReLU", *SUM_OF_PRODUCTS]),
    "two blobs, the first transposed": (
        layer("relu", "ReLU"), layer("y", "MatMul", "data relu", "matmul_param { "
                                     "transpose_a: true }"),
        ["ReLU", "Permute", "Permute", *SUM_OF_PRODUCTS]),
    "a matrix for all": (
        layer("part", "Reshape", param="reshape_param { shape { dim: -1 dim: 7 } }")
        + layer("few", "InnerProduct", "part", "inner_product_param { num_output: 7 }"),
        layer("y", "MatMul", "data few", "matmul_param { transpose_b: true }"),
        ["Reshape", "InnerProduct", "Reshape", "Tile", "Reshape", "Tile", "Tile", "Tile",
         "Eltwise", "Reduction"]),
}


@pytest.mark.parametrize("name", FACTORS)
def test_a_matrix_product_is_written_out_for_bvlcs_caffe(name, tmp_path):
    before, product, types = FACTORS[name]
    assert made_for(text_of(before, product), DIALECTS["plain"], tmp_path)[1] == types


def test_a_matrix_product_that_would_take_gigabytes_is_refused():
    net = net_from(text_of(layer("y", "MatMul", "data data", "matmul_param { transpose_b: true }"),
                           shape=(1, 16, 1000, 64)), "TEST")
    refused, = to_dialect(net, DIALECTS["plain"]).refused
    assert "MatMul" in refused.kind


@pytest.mark.parametrize("height, width, kernel", [(1, 1, (1, 1)), (1, 7, (1, 3)), (7, 1, (3, 1)),
                                                   (2, 7, (3, 3))])
def test_a_depthwise_kernel_over_a_single_row_is_cut_for_opencv_4(height, width, kernel, tmp_path):
    text = text_of(layer("y", "Convolution", param="convolution_param { num_output: 6 group: 6 "
                         "kernel_size: 3 pad: 1 }"), shape=(2, 6, height, width))
    made, types = made_for(text, DIALECTS["opencv4"], tmp_path)
    assert types == ["Convolution"]
    written = Net(tmp_path / "out.prototxt", "TEST").layers[-1].layer
    assert isinstance(written, Convolution)
    assert written.geometry.kernel == kernel
    assert written.geometry.pad == tuple(size // 2 for size in kernel)


def test_a_layer_in_place_whose_name_is_a_number_keeps_its_blob_apart(tmp_path):
    product = 'layer { name: "m" type: "MatMul" bottom: "data" bottom: "turned" top: "m" }'
    turned = layer("turned", "Permute", param="permute_param { order: 0 order: 2 order: 1 }")
    after = [layer(str(number), "ReLU6", "m", top="m") for number in (1, 3)]
    made, types = made_for(text_of(turned, product, *after, shape=(2, 3, 5)), DIALECTS["plain"],
                           tmp_path)
    assert "MatMul" not in types and "ReLU6" not in types


def test_a_window_more_than_the_original_has_is_refused():
    net = net_from(text_of(layer("pool", "Pooling", param="pooling_param { kernel_size: 2 }"),
                           layer("y", "Eltwise", "pool data")), "TEST")
    refused, = to_dialect(net, DIALECTS["plain"]).refused
    assert refused.layer == "pool" and "pooling_param.pad_b" in refused.rule
