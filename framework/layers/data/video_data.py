"""VideoData: the frames of a video file or a camera, or the clips of a list."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from framework.data.augment.draws import Draws
from framework.data.augment.mean import read_mean
from framework.data.loading.video import Video
from framework.data.records.records import Pixels
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, first, images_and_labels
from framework.layers.data.clip_settings import (
    CROP_FIELDS,
    FOREIGN_FIELDS,
    ClipSettings,
    frame_planes,
    has_list,
    has_segments,
    read_settings,
)
from framework.layers.data.image_source import ImageSource, transformation, warn_of_idle_fields

OWN_FIELDS = ("video_type", "device_id", "video_file", "skip_frames")


@layer
class VideoData(ImageSource):
    """Batches of frames in their order, or, with a list, of clips; BGR, (pixel - mean) * scale.

    One video or camera (SSD): before each frame taken `skip_frames` are left out.
    Tops:   frames (batch_size, channels, height, width); zeros (batch_size,) as labels.
    Errors: SpecError without a video_file; DataError if it or the camera gives no image, and at
            the end of the file, where the original ends the program.

    A list of clips (C3D): `new_length` frames of a folder of images (`use_image`) or of a video.
    Tops:   clips (batch_size, 3, new_length, height, width); classes (batch_size,), or with
            use_multiple_label ones and zeros (batch_size, num_of_labels).
    A list of segments (TSN): `new_length` frames of each of `num_segments` parts of a folder.
    Tops:   (batch_size, num_segments * new_length * channels, height, width), frame by frame, with
            3 channels of RGB or x and y of FLOW; classes (batch_size,).
    All frames of an item are cropped and mirrored alike.
    Errors: SpecError for settings that cannot be followed; DataError for an unusable list, or if
            more than 5 % of its lines are bad: frames missing or of several sizes, too few.
            A bad line is left out in TEST too, where C3D ends the program.

    Source: VideoDataParameter in caffe.proto; video_data_layer.cpp of weiliu89/caffe, branch ssd,
    of facebook/C3D v1.0 and v1.1, and of yjxiong/caffe, branch action_recog.
    """

    reads = ("transform_param", "data_param")
    num_tops = (1, 2)
    idle_fields = ("bgr2rgb",)
    unread = frozenset(["data_param.force_encoded_color"])
    fork_fields = FOREIGN_FIELDS

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        """Frames, or with a list clips or segments; then labels."""
        batch, channels, height, width = images_and_labels(spec, size)[0]
        length = first(spec, "new_length")
        if has_segments(spec):
            parts = spec.proto.video_data_param.num_segments * max(length, 1)
            frames: Shape = (batch, parts * frame_planes(spec), height, width)
        elif length:
            frames = (batch, 3, length, height, width)
        else:
            frames = (batch, channels, height, width)
        labels: Shape = (batch,)
        if first(spec, "use_multiple_label"):
            labels = (batch, first(spec, "num_of_labels"))
        return [frames, *[labels] * (len(spec.tops) - 1)]

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self._video: Video | None = None            # None: the layer has a list
        self._clip_shape: Shape | None = None
        if has_list(spec):
            self._start_list(read_settings(spec))
        else:
            self._start_video(self._open_video())

    def _start_list(self, settings: ClipSettings) -> None:
        self.start(settings.items, settings.batch_size, settings.label_shape, settings.shuffle,
                   settings.skip, mean=settings.mean)
        if settings.clip_shape is not None:
            self._clip_shape = settings.clip_shape
            batch_size, _, *size = self.top_shapes[0]
            self.top_shapes[0] = (batch_size, *settings.clip_shape, *size)

    def _open_video(self) -> Video:
        """The video or camera of checked settings. SpecError for those that cannot be followed."""
        spec = self.spec
        param = spec.proto.video_data_param
        warn_of_idle_fields(spec)
        self._check_video_fields()
        if spec.proto.data_param.batch_size == 0:
            raise spec.error("data_param.batch_size", "is missing or 0; it must be at least 1")
        is_file = param.video_type == param.VIDEO
        if is_file and not param.video_file:
            raise spec.error("video_data_param.video_file", "is missing; video_type VIDEO needs it")
        source = param.video_file if is_file else param.device_id
        return Video(source, param.skip_frames, f"layer '{spec.name}' (VideoData)")

    def _start_video(self, video: Video) -> None:
        spec = self.spec
        self._video = video
        self.batch_size = spec.proto.data_param.batch_size
        self.mean = read_mean(spec.proto.transform_param)
        self.pad = spec.proto.transform_param.pad
        self._transformer = transformation(spec, idle=self.idle_fields).open()
        first = self._transform(next(video.frames(0)), 0)
        self.top_shapes = [(self.batch_size, first.shape[2], first.shape[0] + 2 * self.pad,
                            first.shape[1] + 2 * self.pad)]
        if len(spec.tops) > 1:
            self.top_shapes.append((self.batch_size,))

    def _check_video_fields(self) -> None:
        for field, _ in self.spec.proto.video_data_param.ListFields():
            if field.name not in OWN_FIELDS:
                raise self.spec.error(f"video_data_param.{field.name}", "belongs to clips of a "
                                      "list, which need video_data_param.source")
        for field, _ in self.spec.proto.transform_param.ListFields():
            if field.name in CROP_FIELDS:
                raise self.spec.error(f"transform_param.{field.name}", "belongs to clips of a "
                                      "list, which need video_data_param.source")

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        pixels, *others = super().to_device(batch, device)
        if self._clip_shape is not None:
            pixels = pixels.unflatten(1, self._clip_shape)
        return (pixels, *others)

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        if self._video is None:
            return super().batches(start)
        return self._video_batches(self._video, start)

    def keys(self, batch_index: int) -> list[str]:
        return super().keys(batch_index) if self._video is None else []

    def _video_batches(self, video: Video, start: int) -> Iterator[tuple[Tensor, ...]]:
        number = start * self.batch_size
        frames = video.frames(number)
        while True:
            pixels = [self._transform(next(frames), number + index)
                      for index in range(self.batch_size)]
            batch = torch.from_numpy(np.stack(pixels).transpose(0, 3, 1, 2).copy())
            yield (batch, torch.zeros(self.batch_size))[:len(self.top_shapes)]
            number += self.batch_size

    def _transform(self, frame: Pixels, number: int) -> Pixels:
        return self._transformer.without_boxes(frame, Draws(self.item_seed, number))

    def close(self) -> None:
        super().close()
        if self._video is not None:
            self._video.close()
