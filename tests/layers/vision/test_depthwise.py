"""ConvolutionDepthwise and DepthwiseConvolution against Convolution."""

import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


@pytest.mark.parametrize("kind", ["ConvolutionDepthwise", "DepthwiseConvolution"])
@pytest.mark.parametrize("more", ["", "num_output: 4 group: 4", "num_output: 4 bias_term: false"])
def test_depthwise_is_convolution_with_a_group_for_each_channel(kind, more):
    start = "convolution_param { kernel_h: 3 kernel_w: 2 stride: 2 pad: 1 dilation: 2 "
    layer = make(kind, start + more + " }", (2, 4, 7, 6))
    whole = start + (more if "group" in more else more + " group: 4")
    whole += " }" if "num_output" in more else " num_output: 4 }"
    usual = make("Convolution", whole, (2, 4, 7, 6))
    x = noise(2, 4, 7, 6)

    assert [blob.shape for blob in layer.blobs] == [blob.shape for blob in usual.blobs]
    torch.testing.assert_close(layer(x), usual(x))


@pytest.mark.parametrize("num_output, group", [(4, 1), (8, 1), (8, 4), (6, 2)])
def test_depthwise_convolution_obeys_the_group_that_is_given(num_output, group):
    fields = f"num_output: {num_output} group: {group} kernel_h: 3 kernel_w: 2"
    layer = make("DepthwiseConvolution", f"convolution_param {{ {fields} }}", (2, 4, 7, 6))
    x = noise(2, 4, 7, 6)

    assert [tuple(blob.shape) for blob in layer.blobs] == \
        [(num_output, 4 // group, 3, 2), (num_output,)]
    expected = torch.nn.functional.conv2d(x, layer.weight, layer.bias, groups=group)
    torch.testing.assert_close(layer(x), expected)
    check_layer(layer, x)


def test_depthwise_refuses_another_number_of_outputs():
    with pytest.raises(SpecError, match="num_output is 6; it must be that of the bottom's channel"):
        make("DepthwiseConvolution", "convolution_param { kernel_size: 3 num_output: 6 }",
             (2, 4, 7, 6))
