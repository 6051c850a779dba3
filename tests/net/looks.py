"""What tests of looks at nets without data share."""

from framework import parse_net
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.report.net_summary import Selection, take_census

HDF5 = """
layer { name: "data" type: "HDF5Data" top: "data" top: "label" top: "second"
  hdf5_data_param { source: "list.txt" batch_size: 4 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 6 } }
"""


def shapes_of(text, phase="TRAIN"):
    spec = NetSpec(parse_net(text), phase).layers[0]
    return LAYERS[spec.type].assumed_shapes(spec)


def python_layer(module, cls, bottoms, tops, param=""):
    names = "".join(f'bottom: "{name}" ' for name in bottoms) + "".join(
        f'top: "{name}" ' for name in tops)
    return (f'layer {{ name: "{cls}" type: "Python" {names} python_param {{ module: "{module}" '
            f'layer: "{cls}" param_str: "{param}" }} }}\n')


def census_of(tmp_path, text, **selection):
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    return take_census(path, Selection(**selection))
