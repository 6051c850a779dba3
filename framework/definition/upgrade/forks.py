"""Forms of single forks whose fields, or the names of whose types, are others here.

A type whose name means another layer here is told apart by what its net shows, in other_types.py;
that changes the type alone. A layer that is several in one is split in fused.py.

Synopsys: `relu6` of ReLU, the pooling method AVE_EXC_PAD, UpsampleDarknet; textspotter: LSTMNew,
which is BVLC's LSTM, and ReverseAxis; SkimCaffe: layers that Intel's library computes; segaware: a
Convolution with `bottom_is_im2col`; 3D-Caffe: PoolingND; superxuang: Pooling3D's pooling_3d_param,
the pooling3d_param of P3D with one size for all three axes; OpenPose: a Convolution with `binary`,
whose weights in the forward are -a or a, with a the mean of |weight| in each filter. As a bool that
is in nets of TrellixVulnTeam/ssd_phone_detection_7D9U. Cysu/caffe and PSPNet: crop_height and
crop_width. sanpingzhou/Person-Re-ID: crop_size_h and crop_size_w. yuqj1991/caffe_train: a
BatchNorm with its scale, a FocalLoss of alpha 0.75 and gamma 2, SSD's loss, YOLO v3's boxes
and loss, a source, and the fields of CtcLoss and of several sizes of images under other names.
HuifangZJU/road_affordances: Multilogistic, a Sigmoid.
kevinlin311tw/caffe-multilabel: ImageData of label_size, and MultiLabelSigmoidLoss.
GongCheng1919/Quantitative-and-ternary-caffe-for-network-compression: compress, an older name of
weights_compress in nets of its own.
wang821002/Caffe-Multi-Label: a MultiLabelAccuracy of probabilities. JiahaoLi-gdut/CAFFE-DACH:
pooling of kernel_c 1, and mmd_loss_param. alemagnani/caffe: sparse_data_param.
ArcherFMY/caffe-sal-ensemble: BNplus, SegNet's BN.
Source: relu_layer.cpp, pooling_layer.cpp and upsample_darknet_layer.cpp of
foss-for-synopsys-dwc-arc-processors/synopsys-caffe; conv_layer.cpp of aharley/segaware;
data_transformer.cpp of Cysu/caffe; lstm_new_layer.cpp and reverse_axis_layer.cpp of
tonghe90/textspotter; pooling_nd_layer.cpp in DlutMedimgGroup/MouseCTSegmentation;
pooling3d_layer.cpp of superxuang/caffe_triple-branch_FCN; cudnn_conv_layer.cu of
CMU-Perceptual-Computing-Lab/openpose_caffe_train; mkl_convolution_layer.cpp and others of
IntelLabs/SkimCaffe; batch_norm_scale_layer.cu, focal_loss_layer.cpp and multibox_loss_layer.cpp of
yuqj1991/caffe_train; multilogistic_layer.cpp, image_data_layer.cpp,
multi_label_sigmod_loss_layer.cpp, mutli_label_accuracy_layer.cpp, pooling_layer.cpp and
mmd_loss_layer.cpp of HuifangZJU's, kevinlin311tw's, wang821002's and JiahaoLi-gdut's repositories;
bnplus_layer.cpp of ArcherFMY's.
"""

from __future__ import annotations

from framework import proto
from framework.definition.prototxt import Document, Lines
from framework.definition.upgrade.other_types import other_type

WITHOUT_PADDING = ("AVE_EXC_PAD", "AVE_TF")
SHAPES = {"kernel_size": "kernel_shape", "stride": "stride_shape", "pad": "pad_shape"}
SAME = {"LSTMNew": "LSTM", "ReverseAxis": "Reverse", "MKLConvolution": "Convolution",
        "MKLReLU": "ReLU", "MKLPooling": "Pooling", "MKLLRN": "LRN", "MKLBatchNorm": "BatchNorm",
        "MultiBoxSSDLoss": "MultiBoxLoss", "BatchNormScale": "BatchNorm",
        "focalSoftmaxWithLoss": "FocalLoss", "YoloAnnotatedData": "AnnotatedData",
        "Yolov3Detection": "Yolov3DetectionOutput", "Yolov3Loss": "YoloFaceLoss",
        "Multilogistic": "Sigmoid",
        "MultiLabelSigmoidLoss": "MultiSigmoidCrossEntropyLoss"}
FIXED: dict[str, tuple[str, dict[str, bool | float]]] = {
    "BatchNormScale": ("batch_norm_param", {"scale_bias": True}),
    "focalSoftmaxWithLoss": ("focal_loss_param", {"alpha": 0.75, "gamma": 2.0})}
"""Fields that a fork's type of SAME sets by itself."""
REPLACED = frozenset([*SAME, "PoolingND", "UpsampleDarknet", "BNplus"])
MMD_MESSAGES = ("mmd_loss_param", "mmdx_loss_param")
MMD_NAMES = {"kernel_num": "kernel_numb", "kernel_mul": "kernel_mult"}
COLUMNS = {"Convolution": "Im2colConvolution", "Im2col": "Im2col"}      # the other ignores it


def upgrade_forks(document: Document) -> bool:
    """Bring them to the forms here. Returns whether there was any.

    A ReLU with `relu6: true` becomes a ReLU6, AVE_EXC_PAD (in older files AVE_TF) an AVE with
    `avg_include_pad: false`, UpsampleDarknet the Upsample of one bottom, its stride the scale; a
    Convolution with `bottom_is_im2col: true` an Im2colConvolution, with `binary: true` a
    BinaryConvolution, PoolingND an NdPooling, other types as in other_types.py; pooling_3d_param is
    pooling3d_param, other names of crop_h and crop_w are these.
    SpecError for `binary` with sq or ratio, which are fields of BinaryConvolution.
    """
    changed = False
    places = document.lines.fields.get("layer", [])
    for index, layer in enumerate(document.message.layer):
        _check_binary(document, index)
        lines = places[index] if index < len(places) else Lines()
        kind = other_type(layer, document)
        if kind != layer.type:
            layer.type = kind
            changed = True
        changed |= _count_labels(layer, document)
        for form in FORMS:
            changed |= form(layer, lines)
    return changed


def _check_binary(document: Document, index: int) -> None:
    layer = document.message.layer[index]
    param = layer.convolution_param
    if layer.type == "Convolution" and param.binary \
            and (param.HasField("sq") or param.HasField("ratio")):
        raise document.error(f"layer[{index}].convolution_param.binary", "is given with sq or "
                             "ratio, which BinaryConvolution has; give only one of them")


def _from_im2col(layer: proto.LayerParameter, _: Lines) -> bool:
    is_old = layer.type in COLUMNS and layer.convolution_param.bottom_is_im2col
    if is_old:
        layer.type = COLUMNS[layer.type]
        layer.convolution_param.ClearField("bottom_is_im2col")
    return is_old


def _from_same(layer: proto.LayerParameter, lines: Lines) -> bool:
    if layer.type not in SAME:
        return False
    field, values = FIXED.get(layer.type, ("", {}))
    for name, value in values.items():
        setattr(getattr(layer, field), name, value)
    layer.type = SAME[layer.type]
    if layer.HasField("reverse_axis_param"):
        layer.reverse_param.CopyFrom(layer.reverse_axis_param)
        layer.ClearField("reverse_axis_param")
        lines.fields["reverse_param"] = lines.fields.pop("reverse_axis_param", [])
    return True


def _from_crop_height(layer: proto.LayerParameter, lines: Lines) -> bool:
    """crop_h and crop_w by other names of them, or crop_size for a missing one."""
    param, names = layer.transform_param, _names_of_crops(layer)
    if not names:
        return False
    inside = (lines.fields.get("transform_param") or [Lines()])[0].fields
    height, width = (getattr(param, name) for name in names)
    param.crop_h = height or param.crop_size or param.crop_h
    param.crop_w = width or param.crop_size or param.crop_w
    for old, new in zip(names, ("crop_h", "crop_w"), strict=True):
        inside[new] = inside.pop(old, inside.get("crop_size", inside.get(new, [])))
    proto.clear_fields(param, (*names, "crop_size"))
    return True


def _names_of_crops(layer: proto.LayerParameter) -> tuple[str, str] | None:
    """What a fork calls crop_h and crop_w; None without such. HDF5Data reads crop_size_h itself."""
    param = layer.transform_param
    if param.HasField("crop_height") or param.HasField("crop_width"):
        return "crop_height", "crop_width"
    if layer.type in ("Data", "ImageData") and param.crop_size_h and param.crop_size_w \
            and not (param.crop_size or param.crop_size_l):
        return "crop_size_h", "crop_size_w"
    return None


def _from_pooling_3d(layer: proto.LayerParameter, lines: Lines) -> bool:
    if layer.type != "Pooling3D" or not layer.HasField("pooling_3d_param"):
        return False
    param = layer.pooling3d_param
    param.CopyFrom(layer.pooling_3d_param)
    for along, each in (("kernel_l", "kernel_size"), ("stride_l", "stride"), ("pad_l", "pad")):
        if not proto.has_field(param, along) and proto.has_field(param, each):
            setattr(param, along, getattr(param, each))
    layer.ClearField("pooling_3d_param")
    lines.fields["pooling3d_param"] = lines.fields.pop("pooling_3d_param", [])
    return True


def _from_sparse_data(layer: proto.LayerParameter, lines: Lines) -> bool:
    """sparse_data_param, whose fields data_param has."""
    if layer.type != "SparseData" or not layer.HasField("sparse_data_param"):
        return False
    for field, value in layer.sparse_data_param.ListFields():
        setattr(layer.data_param, field.name, value)
    layer.ClearField("sparse_data_param")
    lines.fields["data_param"] = lines.fields.pop("sparse_data_param", [])
    return True


def _from_relu6(layer: proto.LayerParameter, lines: Lines) -> bool:
    if layer.type != "ReLU" or not layer.relu_param.relu6:
        return False
    layer.type = "ReLU6"
    layer.relu_param.ClearField("relu6")
    if layer.relu_param.ListFields():
        layer.relu6_param.CopyFrom(layer.relu_param)
    layer.ClearField("relu_param")
    if "relu_param" in lines.fields:
        lines.fields["relu6_param"] = lines.fields.pop("relu_param")
    return True


def _from_binary(layer: proto.LayerParameter, _: Lines) -> bool:
    is_old = layer.type == "Convolution" and layer.convolution_param.binary
    if is_old:
        layer.convolution_param.ClearField("binary")
        layer.type = "BinaryConvolution"
    return is_old


def _from_average(layer: proto.LayerParameter, lines: Lines) -> bool:
    if not proto.has_field(layer, "pooling_param") \
            or proto.enum_name(layer.pooling_param, "pool") not in WITHOUT_PADDING:
        return False
    layer.pooling_param.pool = layer.pooling_param.AVE
    layer.pooling_param.avg_include_pad = False
    inside = (lines.fields.get("pooling_param") or [Lines()])[0]
    inside.fields["avg_include_pad"] = inside.fields.get("pool", [])
    return True


def _from_upsample(layer: proto.LayerParameter, lines: Lines) -> bool:
    if layer.type != "UpsampleDarknet":
        return False
    layer.type = "Upsample"
    layer.upsample_param.scale = layer.upsample_darknet_param.stride
    layer.ClearField("upsample_darknet_param")
    given = lines.fields.pop("upsample_darknet_param", [])
    if given:
        given[0].fields["scale"] = given[0].fields.pop("stride", [])
        lines.fields["upsample_param"] = given
    return True


def _from_pooling_nd(layer: proto.LayerParameter, lines: Lines) -> bool:
    if layer.type != "PoolingND" or not proto.has_field(layer, "pooling_nd_param"):
        return False
    layer.type = "NdPooling"
    given = lines.fields.pop("pooling_nd_param", [Lines()])
    inside = given[0].fields
    for descriptor, value in layer.pooling_nd_param.ListFields():
        name = descriptor.name
        if not descriptor.is_repeated:
            setattr(layer.pooling_param, name, value)
        elif len(value) == 1:
            setattr(layer.pooling_param, name, value[0])
        else:
            shape = SHAPES[name]
            getattr(layer.pooling_param, shape).dim.extend(value)
            places = inside.pop(name, [Lines()])
            inside[shape] = [Lines(places[0].line, {"dim": places})]
    layer.ClearField("pooling_nd_param")
    lines.fields["pooling_param"] = given
    return True


def _count_labels(layer: proto.LayerParameter, net: Document) -> bool:
    """Set with_counts of a MultiLabelAccuracy without settings that has a Sigmoid's values, as its
    fork wants them. Returns whether it did."""
    if layer.type != "MultiLabelAccuracy" or layer.HasField("multi_label_accuracy_param"):
        return False
    found = any(other.type == "Sigmoid" and layer.bottom[:1] == other.top[:1]
                for other in net.message.layer)
    if found:
        layer.multi_label_accuracy_param.with_counts = True
    return found


def _from_label_size(layer: proto.LayerParameter, lines: Lines) -> bool:
    """ImageData of label_size is a MultilabelImageData of multilabel_num."""
    if layer.type != "ImageData" or layer.image_data_param.label_size < 2:
        return False
    layer.type = "MultilabelImageData"
    param = layer.image_data_param
    param.multilabel_num = param.label_size
    param.ClearField("label_size")
    for inside in lines.fields.get("image_data_param", []):
        inside.fields["multilabel_num"] = inside.fields.pop("label_size", [])
    return True


def _from_compress(layer: proto.LayerParameter, lines: Lines) -> bool:
    if not layer.compress or layer.weights_compress:
        return False
    layer.weights_compress.extend(layer.compress)
    layer.ClearField("compress")
    lines.fields["weights_compress"] = lines.fields.pop("compress", [])
    return True


def _without_flat_windows(layer: proto.LayerParameter, lines: Lines) -> bool:
    """Leave out windows of one channel; others stay, and the layers refuse them."""
    found = False
    for name in ("pooling_param", "unpooling_param"):
        param = getattr(layer, name)
        if not layer.HasField(name) or param.kernel_c > 1:
            continue
        for field in ("kernel_c", "stride_c"):
            if getattr(param, field) == 1:
                param.ClearField(field)
                found = True
                for inside in lines.fields.get(name, []):
                    inside.fields.pop(field, None)
    return found


def _from_mmd_loss_param(layer: proto.LayerParameter, lines: Lines) -> bool:
    """MMDLoss compares two bottoms, by mmd_param; MMDXLoss the classes of four, by mmdx_loss_param.

    Older files of JiahaoLi-gdut/CAFFE-DACH name them the other way round, and have the layer's
    loss_weight in the message. absfix_flag is a guard against a sum that overflowed.
    """
    given = next((name for name in MMD_MESSAGES if layer.HasField(name)), "")
    if layer.type not in ("MMDLoss", "MMDXLoss") or not given:
        return False
    before = layer.SerializePartialToString()
    layer.type = "MMDXLoss" if len(layer.bottom) == 4 else "MMDLoss"
    old, places = type(layer.mmd_loss_param)(), lines.fields.pop(given, [])
    old.CopyFrom(getattr(layer, given))
    layer.ClearField(given)
    inside = (places or [Lines()])[0].fields
    for name in ("kernel_num", "kernel_mul"):
        if old.HasField(name):
            setattr(old, MMD_NAMES[name], getattr(old, name))
            inside[MMD_NAMES[name]] = inside.pop(name, [])
            old.ClearField(name)
    if old.HasField("loss_weight"):
        if not layer.loss_weight:
            layer.loss_weight.append(old.loss_weight)
            lines.fields["loss_weight"] = inside.pop("loss_weight", [])
        old.ClearField("loss_weight")
    old.ClearField("absfix_flag")
    if layer.type == "MMDXLoss":
        layer.mmdx_loss_param.CopyFrom(old)
        lines.fields["mmdx_loss_param"] = places
        return layer.SerializePartialToString() != before
    layer.mmd_param.kernel_num, layer.mmd_param.kernel_mul = old.kernel_numb, old.kernel_mult
    for new, name in MMD_NAMES.items():
        inside[new] = inside.pop(name, [])
    lines.fields["mmd_param"] = places
    return True


def _from_bnplus(layer: proto.LayerParameter, lines: Lines) -> bool:
    """BNplus is a BN of SegNet's form."""
    if layer.type != "BNplus":
        return False
    layer.type = "BN"
    given, param = layer.bnplus_param, layer.bn_param
    param.bn_mode = getattr(param, proto.enum_name(given, "bnplus_mode"))
    for name in ("scale_filler", "shift_filler"):
        if given.HasField(name):
            getattr(param, name).CopyFrom(getattr(given, name))
    layer.ClearField("bnplus_param")
    places = lines.fields.pop("bnplus_param", [])
    for inside in places:
        inside.fields["bn_mode"] = inside.fields.pop("bnplus_mode", [])
    lines.fields["bn_param"] = places
    return True


def _from_warpctc_loss_param(layer: proto.LayerParameter, lines: Lines) -> bool:
    """warpctc_loss_param of CtcLoss is ctc_loss_param, and use_ctc_loss spares it a check."""
    if layer.type != "CtcLoss" or not layer.HasField("warpctc_loss_param"):
        return False
    layer.ctc_loss_param.CopyFrom(layer.warpctc_loss_param)
    layer.ClearField("warpctc_loss_param")
    layer.ClearField("use_ctc_loss")
    lines.fields["ctc_loss_param"] = lines.fields.pop("warpctc_loss_param", [])
    return True


def _from_resize_param_yolo(layer: proto.LayerParameter, lines: Lines) -> bool:
    """resize_param_yolo is MobileNet-YOLO's repeated resize_param."""
    param = layer.transform_param
    if not param.resize_param_yolo:
        return False
    param.resize_param.CopyFrom(param.resize_param_yolo[0])
    param.resize_param_more.extend(param.resize_param_yolo[1:])
    param.ClearField("resize_param_yolo")
    for inside in lines.fields.get("transform_param", []):
        places = inside.fields.pop("resize_param_yolo", [])
        inside.fields["resize_param"] = places[:1]
        inside.fields["resize_param_more"] = places[1:]
    return True


# in this order: what one makes may be what a later one takes
FORMS = (_from_relu6, _from_average, _from_im2col, _from_binary, _from_pooling_nd,
         _from_crop_height, _from_pooling_3d, _from_same, _from_upsample,
         _from_label_size, _from_mmd_loss_param, _from_compress, _from_sparse_data,
         _without_flat_windows, _from_bnplus, _from_warpctc_loss_param, _from_resize_param_yolo)
