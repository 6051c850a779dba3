"""Net.summary: a line for each layer, with numbers worked by hand."""

from framework.net.summary import Text
from tests.support import net_from

TEXT = """name: "small"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 9 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv" param { name: "w" } param { }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 } }
layer { name: "again" type: "Convolution" bottom: "conv" top: "again" param { name: "w" } param { }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 } }
layer { name: "pool" type: "Pooling" bottom: "again" top: "pool"
  pooling_param { global_pooling: true } }
"""


def test_the_summary_has_shapes_parameters_and_multiply_adds():
    lines = net_from(TEXT, "TEST").summary().splitlines()

    assert lines[1].split() == ["layer", "type", "output", "parameters", "multiply-adds"]
    # weights 3 * 3 * 3 * 3 = 81 and 3 biases; 81 products for each of 2 * 8 * 9 positions
    assert lines[3].split() == "conv Convolution 2 x 3 x 8 x 9 84 11.7 k".split()
    assert lines[2].split() == "x Input 2 x 3 x 8 x 9".split() and len(lines) == 6


def test_shared_weights_count_once_in_the_total():
    head = net_from(TEXT, "TEST").summary().splitlines()[0]
    # 81 shared weights, 2 * 3 biases
    assert head.startswith("Net 'small', TEST, <text>: 4 layers, 87 parameters, 23.")


def test_a_prompt_shows_the_lines_of_a_summary_as_they_are():
    summary = net_from(TEXT, "TEST").summary()
    assert isinstance(summary, Text) and repr(summary) == str(summary) and "\n" in repr(summary)
