"""Clips with a truth for each voxel: VideoSegmentationData and VideoWithVoxelTruthData of C3D."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.data.augment.mean import Mean
from framework.data.loading.blob_items import BlobItems, TruthForm
from framework.data.records.list_file import numbered_lines
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import (
    ASSUMED_SIZES,
    FRAMES,
    Size,
    images_and_labels,
)
from framework.layers.data.image_source import ImageSource
from framework.layers.params import check_sizes, honour
from framework.proto import TransformationParameter

TRUTH_FIELDS = ("num_truth_channels", "use_byte_input", "is_flow", "truth_scale", "clip_min",
                "clip_max")
COLORS = 3
LIST_FIELDS = "source batch_size rand_skip shuffle show_data mean_value"


@layer("VideoSegmentationData")
@layer
class VideoWithVoxelTruthData(ImageSource):
    """Batches of clips and of a truth for each voxel, from a list of files with one blob each.

    A file has five sizes as int32 (1, channels, frames, height, width) and the values: float32, or
    uint8 with `use_byte_input`. The last `num_truth_channels` channels are the truth.
    Tops:   clips (batch_size, channels, frames, height, width), (value - mean) * scale; the truth
            (batch_size, num_truth_channels, frames, height, width): with a crop_size times
            `truth_scale`, or, with `clip_min` and `clip_max`, cut to these and brought to 0 ... 1;
            without a crop_size as it is in the file.
    Clip and truth are cropped and mirrored alike; with `is_flow` a mirror changes the sign of the
    first truth channel. VideoSegmentationData is the same with bytes and a class for each voxel.
    `show_data` has no effect.
    Errors: SpecError for a mirror without a crop_size, or a clip_max that is not above clip_min;
            DataError for an unusable list or mean, or if more than 5 % of the files are bad.
    Source: ImageDataParameter; video_with_voxel_truth_data_layer.cpp and
            video_segmentation_data_layer.cpp of facebook/C3D v1.0; Tran et al. 2016.
    """

    reads = ("transform_param", "image_data_param")
    num_tops = (2, 2)
    fork_fields = frozenset(f"image_data_param.{name}"
                            for name in (*TRUTH_FIELDS, "show_data", "mean_value"))

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        batch, _, height, width = images_and_labels(spec, size)[0]
        truth = spec.proto.image_data_param.num_truth_channels
        return [(batch, channels, FRAMES, height, width) for channels in (COLORS, truth)]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        param = spec.proto.image_data_param
        has_truth_fields = spec.type != "VideoSegmentationData"
        honour(spec, "image_data_param",
               " ".join((LIST_FIELDS, *(TRUTH_FIELDS if has_truth_fields else ()))))
        honour(spec, "transform_param", "scale mirror crop_size mean_file mean_value")
        transform = _transform_param(spec)
        if not param.source:
            raise spec.error("image_data_param.source", "is missing; it names a list of files")
        paths = [name for _, line in numbered_lines(param.source, f"{spec.place()}: ")
                 for name in line.split()]
        is_bytes = param.use_byte_input or not has_truth_fields
        items = BlobItems(paths, transform.SerializeToString(), spec.phase == "TRAIN", is_bytes,
                          _truth_form(spec))
        try:
            items.open()
            self.start(items, param.batch_size, shuffle=param.shuffle, skip=param.rand_skip,
                       mean=Mean())
        except DataError as error:
            raise DataError(f"{spec.place()}: {error}") from None
        self.is_finished_early = True
        truth = param.num_truth_channels
        frames = self.top_shapes[1][1] // truth
        self.top_shapes = [(shape[0], shape[1] // frames, frames, *shape[2:])
                           for shape in self.top_shapes]

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        return tuple(top.unflatten(1, shape[1:3]) for top, shape
                     in zip(super().to_device(batch, device), self.top_shapes, strict=True))


def _transform_param(spec: LayerSpec) -> TransformationParameter:
    """transform_param with C3D's mean_value in it. SpecError for what cannot be."""
    transform = TransformationParameter()
    transform.CopyFrom(spec.proto.transform_param)
    param = spec.proto.image_data_param
    if param.HasField("mean_value"):
        transform.mean_value.append(param.mean_value)
    if transform.mirror and not transform.crop_size:
        raise spec.error("transform_param.mirror", "needs a crop_size, as in the original")
    if transform.HasField("mean_file") and param.HasField("mean_value"):
        transform.ClearField("mean_value")      # the file counts, as in the original
    return transform


def _truth_form(spec: LayerSpec) -> TruthForm:
    param = spec.proto.image_data_param
    check_sizes(spec, "image_data_param", "num_truth_channels")
    bounds = None
    if param.HasField("clip_min"):
        bounds = (param.clip_min, param.clip_max)
        if param.clip_max <= param.clip_min:
            raise spec.error("image_data_param.clip_max", f"is {param.clip_max:g}; it must be "
                             f"above clip_min, {param.clip_min:g}")
    return TruthForm(param.num_truth_channels, param.truth_scale, bounds, param.is_flow)
