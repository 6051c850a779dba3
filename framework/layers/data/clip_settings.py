"""Clip settings of VideoData with a list: clips as in C3D, segments as in TSN.

Source: ImageDataParameter of facebook/C3D v1.0; VideoDataParameter of its v1.1 and of
yjxiong/caffe, branch action_recog (temporal segment networks, TSN).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from framework.data.augment.clip_transform import ClipTransformation, Layout, read_clip_mean
from framework.data.augment.mean import Mean
from framework.data.loading.clip_items import ClipItems, read_clips
from framework.data.loading.frames import (
    FileFrames,
    FolderFrames,
    FrameReader,
    Sampling,
    SegmentFrames,
)
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Shape
from framework.layers.data.image_source import new_size
from framework.layers.params import check_sizes
from framework.proto import TransformationParameter, VideoDataParameter, has_field

LIST_FIELDS = ("source", "root_folder", "batch_size", "rand_skip", "shuffle", "new_height",
               "new_width", "new_length", "show_data")
V10_FIELDS = ("use_image", "sampling_rate", "use_temporal_jitter", "mean_value")
V11_FIELDS = ("use_image", "sampling_rate", "use_temporal_jitter", "use_sampling_rate_jitter",
              "max_sampling_rate", "use_multiple_label", "num_of_labels")
SEGMENT_FIELDS = ("num_segments", "modality", "name_pattern", "grayscale")
CROP_FIELDS = ("fix_crop", "more_fix_crop", "multi_scale", "scale_ratios", "max_distort",
               "is_flow")
TRANSFORM_FIELDS = ("scale", "mirror", "crop_size", "mean_file", "mean_value", *CROP_FIELDS)
MOVED_FIELDS = ("scale", "mean_file", "crop_size", "mirror")
_VIDEO_FIELDS = (*LIST_FIELDS, *V11_FIELDS, *SEGMENT_FIELDS, *MOVED_FIELDS)
FOREIGN_FIELDS = frozenset(
    [f"image_data_param.{name}" for name in LIST_FIELDS + V10_FIELDS]
    + [f"video_data_param.{name}" for name in _VIDEO_FIELDS]
    + [f"transform_param.{name}" for name in CROP_FIELDS])
COLORS = 3
FLOW_PARTS = 2


@dataclass(frozen=True)
class ClipSettings:
    """The settings of a VideoData layer with a list.

    label_shape  of the second top; None: there is none
    clip_shape   (channels, frames) of the axes before height and width; None: one axis for both
    """

    items: ClipItems
    mean: Mean
    batch_size: int
    shuffle: bool
    skip: int
    label_shape: Shape | None
    clip_shape: Shape | None


def has_list(spec: LayerSpec) -> bool:
    """Does the layer read the clips of a list, rather than one video or a camera?"""
    return spec.proto.HasField("image_data_param") or bool(spec.proto.video_data_param.source)


def has_segments(spec: LayerSpec) -> bool:
    """Is it of TSN's form?"""
    param = spec.proto.video_data_param
    return any(has_field(param, name) for name in SEGMENT_FIELDS)


def read_settings(spec: LayerSpec) -> ClipSettings:
    """Read and check the settings, and read the list.

    SpecError for settings that cannot be followed, DataError for an unusable list or mean.
    """
    holder = "image_data_param" if spec.proto.HasField("image_data_param") else "video_data_param"
    param = getattr(spec.proto, holder)
    own: tuple[str, ...] = V11_FIELDS
    if has_segments(spec):
        own = SEGMENT_FIELDS
    elif holder == "image_data_param":
        own = V10_FIELDS
    _check_fields(spec, holder, param, LIST_FIELDS + own)
    _check_form(spec, holder, param)
    for name in ("source", "new_length", "batch_size"):
        if not getattr(param, name) and (name != "new_length" or not has_segments(spec)):
            raise spec.error(f"{holder}.{name}", "is missing or 0; it must be given")
    size = new_size(spec, holder)
    transform = _transform_param(spec, holder, param)
    frames, layout = _segments(spec, param) if has_segments(spec) else _clips(spec, holder, param)
    num_classes = _num_classes(spec, holder, param)
    is_train = spec.phase == "TRAIN"
    has_number = not isinstance(frames, FileFrames) or not frames.sampling.has_jitter
    try:
        clips = read_clips(param.source, has_number, num_classes)
        mean = read_clip_mean(transform, layout)
    except DataError as error:
        raise DataError(f"{spec.place()}: {error}") from None
    items = ClipItems(clips, param.root_folder, frames,
                      ClipTransformation(transform.SerializeToString(), is_train, layout),
                      size, num_classes, len(spec.tops) - 1)
    shape = (param.batch_size, num_classes) if num_classes else (param.batch_size,)
    return ClipSettings(items, mean, param.batch_size, param.shuffle, param.rand_skip,
                        shape if len(spec.tops) > 1 else None,
                        (layout.channels, layout.num_frames) if layout.is_volume else None)


def frame_planes(spec: LayerSpec) -> int:
    """How many planes a frame of TSN's form has: 3 of RGB, 1 in grey, 2 of FLOW."""
    param = spec.proto.video_data_param
    if param.modality == param.FLOW:
        return FLOW_PARTS
    return 1 if param.grayscale else COLORS


def _check_fields(spec: LayerSpec, holder: str, param: Message, known: Collection[str]) -> None:
    for field, value in param.ListFields():
        if field.name in MOVED_FIELDS and field.name not in known:
            raise spec.error(f"{holder}.{field.name}", "has no effect, as in the original: use "
                             f"transform_param.{field.name}")
        if field.name not in known and value != field.default_value:
            raise spec.error(f"{holder}.{field.name}", "is not known in this form of the layer; "
                             f"it takes {', '.join(known)}")
    for field, value in spec.proto.transform_param.ListFields():
        is_set = field.is_repeated or field.message_type or value != field.default_value
        if field.name not in TRANSFORM_FIELDS and is_set:
            raise spec.error(f"transform_param.{field.name}", "is not supported for clips; they "
                             f"take {', '.join(TRANSFORM_FIELDS)}")


def _check_form(spec: LayerSpec, holder: str, param: Message) -> None:
    """C3D and TSN read the same list differently: it must be clear which is meant."""
    for other in ("data_param", "video_data_param"):
        if other != holder and spec.proto.HasField(other):
            raise spec.error(other, f"has no effect beside a list of clips in {holder}")
    if holder == "video_data_param" and not has_segments(spec) \
            and not any(has_field(param, name) for name in V11_FIELDS):
        raise spec.error("video_data_param.source", "is a list of what? Add `use_image: true` for "
                         "folders of frames and `use_image: false` for video files as in C3D, or "
                         "`modality: RGB` or `FLOW` for segments as in TSN")


def _transform_param(spec: LayerSpec, holder: str, param: Any) -> TransformationParameter:
    """A transform_param with C3D v1.0's mean_value in it. Any: the message in `holder`."""
    transform = TransformationParameter()
    transform.CopyFrom(spec.proto.transform_param)
    if holder == "image_data_param" and param.HasField("mean_value"):
        if transform.mean_value:
            raise spec.error("image_data_param.mean_value", "cannot be given together with "
                             "transform_param.mean_value")
        transform.mean_value.append(param.mean_value)
    if transform.HasField("mean_file") and transform.mean_value:
        raise spec.error("transform_param.mean_file", "cannot be given together with mean_value")
    if transform.multi_scale and not transform.crop_size:
        raise spec.error("transform_param.multi_scale", "needs a crop_size")
    for ratio in transform.scale_ratios:
        if not 0 < ratio <= 1:
            raise spec.error("transform_param.scale_ratios", f"has {ratio:g}; each must be above "
                             "0 and at most 1")
    if transform.max_distort < 0:
        raise spec.error("transform_param.max_distort",
                         f"is {transform.max_distort}; it must be at least 0")
    if transform.is_flow and not (has_segments(spec) and param.modality == param.FLOW):
        raise spec.error("transform_param.is_flow", "needs video_data_param.modality FLOW")
    return transform


def _clips(spec: LayerSpec, holder: str, param: Any) -> tuple[FrameReader, Layout]:
    """C3D's form. Any: the message in `holder`."""
    max_rate = 0
    if holder == "video_data_param" and param.use_sampling_rate_jitter:
        max_rate = param.max_sampling_rate
        if max_rate == 0:
            raise spec.error("video_data_param.max_sampling_rate", "is 0; it must be at least 1")
    check_sizes(spec, holder, "sampling_rate")
    sampling = Sampling(param.new_length, param.sampling_rate, param.use_temporal_jitter, max_rate)
    frames: FrameReader = FolderFrames(sampling, spec.phase == "TRAIN") if param.use_image \
        else FileFrames(sampling)
    return frames, Layout(COLORS, param.new_length, is_volume=True)


def _segments(spec: LayerSpec, param: VideoDataParameter) -> tuple[FrameReader, Layout]:
    """TSN's form."""
    is_flow = param.modality == param.FLOW
    pattern = param.name_pattern or ("flow_%c_%04d.jpg" if is_flow else "image_%04d.jpg")
    length = param.new_length if param.HasField("new_length") else 1
    for name, value in (("new_length", length), ("num_segments", param.num_segments)):
        if value == 0:
            raise spec.error(f"video_data_param.{name}", "is 0; it must be at least 1")
    frames = SegmentFrames(length, param.num_segments, pattern, is_flow, not param.grayscale,
                           spec.phase == "TRAIN")
    try:
        frames.names(1)
    except (TypeError, ValueError):
        wanted = "a number, as img_%05d.jpg"
        if is_flow:
            wanted = "a letter and a number, as flow_%c_%05d.jpg"
        raise spec.error("video_data_param.name_pattern",
                         f"is '{pattern}'; it must be of {wanted}") from None
    parts = FLOW_PARTS if is_flow else 1
    channels = frame_planes(spec) // parts
    return frames, Layout(channels, length * param.num_segments * parts, is_volume=False)


def _num_classes(spec: LayerSpec, holder: str, param: Any) -> int:  # Any: as above
    if holder != "video_data_param" or not param.use_multiple_label:
        return 0
    if not param.HasField("num_of_labels") or param.num_of_labels == 0:
        raise spec.error("video_data_param.num_of_labels", "must be given with use_multiple_label")
    return int(param.num_of_labels)
