"""Small nets for the readers of Caffe files, and what is written for them."""

from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import COMMON, Dialect
from framework.export.caffe.write import report_text, write_dialect
from tests.export.test_layers_onnx import fill
from tests.support import net_from

LITTLE = Dialect(COMMON | {"Deconvolution", "Reshape", "Permute", "Power"}, "a test",
                 conditions=("one_bottom",))


def text_of(*layers, shape=(2, 6, 8, 7)):
    dims = " ".join(f"dim: {size}" for size in shape)
    head = 'name: "net" layer { name: "data" type: "Input" top: "data" ' \
        f"input_param {{ shape {{ {dims} }} }} }}"
    return "\n".join([head, *layers])


def layer(name, kind, bottoms="data", param="", top=None):
    wires = "".join(f' bottom: "{bottom}"' for bottom in bottoms.split())
    return f'layer {{ name: "{name}" type: "{kind}"{wires} top: "{top or name}" {param} }}'


CONV = layer("conv", "Convolution", param="convolution_param { num_output: 6 kernel_size: 3 "
             "pad: 1 }")
MEAN = layer("mean", "Pooling", "conv", "pooling_param { pool: AVE global_pooling: true }")
FLAT = layer("flat", "Flatten", "mean")


def made_for(text, dialect, folder, keep=False):
    """The types of the layers for a dialect, after its files are written and compared."""
    net = net_from(text, "TEST")
    fill(net)
    made = to_dialect(net, dialect, keep)
    assert not made.refused, report_text(made.verdicts)
    write_dialect(net, made, folder / "out")
    return made, [one.type for one in made.message.layer][1:]
