"""Binary weights as a field of Convolution: `binary: true`, here the type BinaryConvolution.

Source: cudnn_conv_layer.cu of CMU-Perceptual-Computing-Lab/openpose_caffe_train, `binary: 1`, whose
weights in the forward are -a or a, with a the mean of |weight| in each filter. As a bool it is in
nets of TrellixVulnTeam/ssd_phone_detection_7D9U.
"""

from __future__ import annotations

from framework.definition.prototxt import Document


def upgrade_binary_weights(document: Document) -> bool:
    """A Convolution with `binary: true` becomes a BinaryConvolution. Returns whether any did.

    SpecError for `binary` with sq or ratio, which are fields of that type.
    """
    changed = False
    for index, layer in enumerate(document.message.layer):
        param = layer.convolution_param
        if layer.type != "Convolution" or not param.binary:
            continue
        if param.HasField("sq") or param.HasField("ratio"):
            raise document.error(f"layer[{index}].convolution_param.binary", "is given with sq or "
                                 "ratio, which BinaryConvolution has; give only one of them")
        param.ClearField("binary")
        layer.type = "BinaryConvolution"
        changed = True
    return changed
