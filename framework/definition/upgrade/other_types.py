"""Types of single forks under a name that means another layer here, told apart by what a net shows.

They are read in this order; the first row whose sign a layer gives is its type. Forks' types whose
name means nothing here, and forms that change fields too, are in forks.py.
Source: the layer of that name in the repository named beside each row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from framework import proto
from framework.definition.prototxt import Document

Sign = Callable[[proto.LayerParameter, Document], bool]


class OtherType(NamedTuple):
    """A type in the text, what tells the fork's layer from it, and the type that it is here."""

    name: str
    is_given: Sign
    here: str


def _given(message: str, *fields: str) -> Sign:
    """Whether the text has one of these fields."""
    return lambda layer, _: any(proto.has_field(getattr(layer, message), field) for field in fields)


def _is_spread(layer: proto.LayerParameter, _: Document) -> bool:
    param = layer.unpooling_param
    fields = ("out_kernel_size", "out_kernel_h", "out_stride", "out_stride_h", "out_pad")
    return proto.enum_name(param, "unpool") in ("FIXED", "DIV", "REP") or any(
        proto.has_field(param, field) for field in fields)


def _beside_grid(_: proto.LayerParameter, net: Document) -> bool:
    return any(other.type == "Grid" for other in net.message.layer)


def _third_is_a_target(layer: proto.LayerParameter, net: Document) -> bool:
    return len(layer.top) == 3 and any(
        other.bottom[1:2] == layer.top[2:] and other.type not in ("SoftmaxWithLoss", "Accuracy")
        for other in net.message.layer)


def _beside_codebook(_: proto.LayerParameter, net: Document) -> bool:
    return any(other.type == "CodebookDecode" for other in net.message.layer)


def _of_drawn_classes(layer: proto.LayerParameter, net: Document) -> bool:
    return len(layer.bottom) == 2 and any(
        other.type in ("SampleTriplet", "RandomTriplets") and len(other.bottom) == 2
        for other in net.message.layer)


OTHER_TYPES = (
    # twhui/LiteFlowNet: a Warp by coordinates
    OtherType("Warp", _beside_grid, "CoordinateWarp"),
    # hsmyy/CenterLoss_Caffe_Mnist
    OtherType("CenterLoss", lambda layer, _: layer.center_loss_param.cluster_num > 0,
              "MovingCenterLoss"),
    # Felix-Li-Git/caffe-yolov2: the anchors of YOLO v2
    OtherType("DetectionOutput", lambda layer, _: len(layer.detection_output_param.biases) > 0,
              "RegionDetectionOutput"),
    # hari-sikchi/BoxYolo: a grid of labels
    OtherType("DetectionLoss", _given(
        "detection_loss_param", "side", "num_class", "num_object", "object_scale",
        "noobject_scale", "class_scale", "coord_scale", "sqrt", "constriant"),
        "GridDetectionLoss"),
    OtherType("EvalDetection", lambda layer, _: not layer.eval_detection_param.biases
              and proto.has_field(layer.eval_detection_param, "constriant"), "GridEvalDetection"),
    # lilinhao/ShipDetection
    OtherType("Convolution", lambda layer, _: layer.orn_param.orientations > 1, "ORConvolution"),
    # dicecco1/fpga_caffe
    OtherType("Pad", _given("pad_param", "axis", "pad_to", "pad_val"), "AxisPad"),
    # HyeonwooNoh/caffe: the second top is the mask
    OtherType("ReLU", lambda layer, _: len(layer.top) == 2, "ReLUWithMask"),
    # southatsouth/GLAD, which spells width so
    OtherType("Crop", _given("crop_param", "height", "weight"), "CropToSize"),
    # superxuang/caffe_3d_faster_rcnn: volumes
    OtherType("AnchorTarget", _given("anchor_target_param", "anchor_size"), "AnchorTarget3D"),
    OtherType("Proposal", _given("proposal_param", "anchor_size"), "Proposal3D"),
    OtherType("ProposalTarget", _given("proposal_target_param", "class_num"), "ProposalTarget3D"),
    OtherType("ROIPooling", _given("roi_pooling_param", "pooled_l"), "ROIPooling3D"),
    # ssqiao/DHH
    OtherType("Data", _given("data_param", "still_source", "class_per_batch", "clip_per_class"),
              "ClipData"),
    # yuqj1991/caffe_train
    OtherType("ImageData", _given("image_data_param", "sample_num"), "DrawnClassesData"),
    OtherType("AnnotatedData", _given("annotated_data_param", "data_anchor_sampler",
                                      "bbox_sampler", "yoloformat", "crop_type", "has_landmarks"),
              "FaceBoxData"),
    OtherType("SampleTriplet", _of_drawn_classes, "RandomTriplets"),
    OtherType("TripletLoss", _of_drawn_classes, "IndexedTripletLoss"),
    # artiit/caffe-pose: maps of limbs where RoomNet has the type of a room
    OtherType("DataHeatmap", _third_is_a_target, "LimbHeatmapData"),
    # caomw/caffe-3dnormal_joint_past, whose Accuracy has nothing left in it
    OtherType("Accuracy", _beside_codebook, "IdleAccuracy"),
    # s-gupta/caffe, branch mil: of maps, not of rows
    OtherType("MIL", lambda layer, _: layer.mil_param.context_per_roi == 0, "MapMIL"),
    # openvinotoolkit/training_toolbox_caffe
    OtherType("SoftmaxWithLoss", lambda layer, _: layer.loss_param.adaptive_weighting
              or layer.loss_param.max_entropy_weight > 0, "AdaptiveSoftmaxWithLoss"),
    # xiaolonw/caffe-video_triplet, sanpingzhou/Person-Re-ID: what V1's NORM is
    OtherType("Norm", lambda layer, _: not layer.HasField("norm_param"), "NormOfChannels"),
    # weiliu89/caffe, ParseNet
    OtherType("UnPooling", _is_spread, "SpreadUnpooling"),
    # fqzhu001/caffe-pdh-reid-2016: triplets as three bottoms
    OtherType("TripletRankLoss", lambda layer, _: len(layer.bottom) == 3, "TripletsRankLoss"),
    # wanglijun1989/caffe-cvpr17
    OtherType("ReLU", _given("relu_param", "upper_bound"), "BoundedReLU"),
    OtherType("Eltwise", lambda layer, _: layer.eltwise_param.cross_channel,
              "CrossChannelEltwise"),
    OtherType("Data", lambda layer, _: layer.data_param.multi_label, "ListedClassesData"),
    # peiswang/caffe4video
    OtherType("Data", lambda layer, _: layer.transform_param.is_video, "FrameStackData"),
)


def other_type(layer: proto.LayerParameter, net: Document) -> str:
    """The type here of a layer that is a fork's; its own without a sign of one."""
    return next((row.here for row in OTHER_TYPES
                 if row.name == layer.type and row.is_given(layer, net)), layer.type)
