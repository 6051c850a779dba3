"""C3D's layers by the names that xyyu-callen/caffe-3Dstn gives them, whose windows are cubes.

Source: tridim_data_layer.cpp, tridim_convolution_layer.cpp and tridim_pooling_layer.cpp of that
repository.
"""

from __future__ import annotations

from framework import proto
from framework.definition.prototxt import Lines

TRIDIM = {"TridimData": ("VideoData", "tridim_data_param", "video_data_param"),
          "TridimConvolution": ("Convolution3D", "tridim_convolution_param",
                                "convolution3d_param"),
          "TridimPooling": ("Pooling3D", "tridim_pooling_param", "pooling3d_param")}
"""The type here, and the message's names there and here."""
ALONG = {"kernel_size": "kernel_depth", "stride": "temporal_stride", "pad": "temporal_pad"}


def from_tridim(layer: proto.LayerParameter, lines: Lines) -> bool:
    """Bring the layer to C3D's name, with one size for all three axes. Returns whether it was one.
    """
    if layer.type not in TRIDIM:
        return False
    layer.type, old, new = TRIDIM[layer.type]
    param = getattr(layer, new)
    param.CopyFrom(getattr(layer, old))
    proto.clear_fields(layer, (old,))
    for side, along in ALONG.items():
        if along in param.DESCRIPTOR.fields_by_name and proto.has_field(param, side):
            setattr(param, along, getattr(param, side))
    lines.fields[new] = lines.fields.pop(old, [])
    return True
