"""Base of the image data layers: loaders, bad records, mean subtraction and scaling."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import torch
from google.protobuf.message import Message
from torch import Tensor
from torch.nn.functional import pad

from framework.data.augment import appearance
from framework.data.augment.mean import Mean, read_mean
from framework.data.augment.random_sizes import idle_settings, is_set
from framework.data.augment.transform import check_transform
from framework.data.loading.bad_records import Ledger
from framework.data.loading.batches import BatchMaker, Groups, ItemSource, Share
from framework.data.loading.items import Transformation
from framework.data.loading.loader import ProcessLoader, ThreadLoader
from framework.data.loading.patience import Patience
from framework.data.records.records import BadRecord, Decoding
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import DataOptions, Shape, Source
from framework.layers.data.kept_memory import KeptMemory
from framework.layers.params import message_at
from framework.proto import BatchSampler, TransformationParameter

# of jolibrain's branch, where a whole image is warped and turned
RESHAPING = ("transform_param.geometry_param", "transform_param.rotate")
APPEARANCE = tuple(f"transform_param.{name}" for name in appearance.FIELDS)
# sizes that ImageData alone knows, and refuses or obeys
SIZES_OF_IMAGE_DATA = tuple(f"image_data_param.{name}" for name in (
    "short_side", "min_height", "min_width", "new_dim", "bicubic"))
IDLE = ("num_labels", "display")      # of transform_param, in every layer


class ImageSource(Source):
    """Abstract: prefetched batches of images in bytes; mean and scale are applied on the device.

    Tops:   images (batch_size, channels, height, width) float32, (pixel - mean) * scale, BGR;
            then the labels, as the layer says.
    Errors: SpecError for settings that cannot be followed; DataError for unusable records.
    """

    idle_fields: ClassVar[tuple[str, ...]] = ()     # of transform_param: see transformation

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        checked_param(spec, cls.idle_fields)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self._loaders: list[ThreadLoader | ProcessLoader] = []
        self._memory = KeptMemory()
        self.is_finished_early = False      # mean and scale were applied when the batch was made
        self.pad = 0                        # transform_param.pad, of the layers that obey it
        seed = spec.proto.transform_param.random_seed
        self.item_seed = options.seed if seed < 0 else seed

    def start(self, items: ItemSource, batch_size: int, label_shape: Shape | None = None,
              shuffle: bool = False, skip: int = 0, num_records: int | None = None,
              mean: Mean | None = None, groups: Groups | None = None) -> None:
        """Open the records and take the shapes of the tops from the first item.

        label_shape  of the second top; None: from the first record
        num_records  that can be bad; None: as many as the items
        mean         None: transform_param's
        groups       for batches of classes with several images of each
        """
        spec = self.spec
        options = self.options
        if batch_size == 0:
            raise spec.error("batch_size", "is missing or 0; it must be at least 1")
        self.mean: Mean = mean or read_mean(spec.proto.transform_param)
        share = Share(batch_size, options.rank, options.world_size)
        self.maker = BatchMaker(items, share, options.seed, shuffle, skip, self.item_seed, groups)
        try:
            order = self.maker.open()
            self.num_items = order.size
            self.ledger = Ledger(f"layer '{spec.name}'", num_records or order.size, spec.place())
            first = self.maker.first_item()
            self.ledger.note(self.maker.bad())
        except DataError as error:
            raise DataError(f"{spec.place()}: {error}") from None
        self._check_mean(first.planes[0].shape[2])
        self.top_shapes = [(batch_size, plane.shape[2], plane.shape[0] + 2 * self.pad,
                            plane.shape[1] + 2 * self.pad) for plane in first.planes]
        self._num_bytes = sum(plane.nbytes for plane in first.planes) * batch_size
        labels = items.tops([first])
        if labels and label_shape is None:
            label_shape = (batch_size,) if labels[0].ndim == 1 else tuple(labels[0].shape)
        if label_shape is not None:
            self.top_shapes.append(label_shape)
        self.top_shapes += [(batch_size, *top.shape[1:]) for top in labels[1:]]
        self._num_bytes += sum(top.nbytes for top in labels[1:]) * batch_size

    def _check_mean(self, channels: int) -> None:
        """SpecError if the number of mean values is not that of the first record's channels."""
        try:
            self.mean.by_channel(channels)
        except BadRecord as error:
            raise self.spec.error("transform_param.mean_value", f"does not fit the data: {error}; "
                                  "give one mean_value for each channel, or one for all, or set "
                                  "transform_param.force_color: true to make 3 channels of "
                                  "each image") from None

    @property
    def origin(self) -> str:
        proto = self.spec.proto
        params = (proto.data_param, proto.image_data_param, proto.dense_image_data_param,
                  proto.window_data_param)
        return next((str(param.source) for param in params if param.source), "")

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        loader = self._make_loader(start)
        self._loaders.append(loader)
        try:
            while True:
                batch = loader.next()
                self.ledger.note(batch.bad)
                yield tuple(torch.from_numpy(array) for array in batch.arrays)
        finally:
            loader.close()
            if loader in self._loaders:
                self._loaders.remove(loader)

    def _make_loader(self, start: int) -> ThreadLoader | ProcessLoader:
        patience = Patience(self.spec.name, self.options.waiting)
        if self.options.workers == 0:
            return ThreadLoader(self.maker, start, patience)
        return ProcessLoader(self.maker, start, self.options.workers, self._num_bytes,
                             self.spec.name, patience)

    def keys(self, batch_index: int) -> list[str]:
        return self.maker.keys(batch_index, self.ledger.bad)

    def to_device(self, batch: tuple[Tensor, ...], device: torch.device) -> tuple[Tensor, ...]:
        """Copy bytes to the device, and compute (pixel - mean) * scale in float32 there."""
        pixels, *others = (top.to(device, non_blocking=True) for top in batch)
        pixels = self._subtract(pixels)
        if self.pad:
            pixels = self._with_border(pixels)
        return (pixels, *(other.to(torch.float32) for other in others))

    def _with_border(self, pixels: Tensor) -> Tensor:
        """Zeros on all sides of the finished image, instead of the first convolution's padding.

        With mean_value the levels are rounded too, half to even. In the original the first row of
        zeros below, and the first column on the right, hold minus the mean; here all are 0.
        Source: pad in data_transformer.cpp of intel/caffe.
        """
        if self.spec.proto.transform_param.mean_value:
            pixels = pixels.round()
        return pad(pixels, [self.pad] * 4)

    def _subtract(self, pixels: Tensor) -> Tensor:
        """Subtract the mean and scale, unless the transformer did: it knows a mean_file's crop."""
        if self.is_finished_early or not self.mean.is_plain:
            return pixels.to(torch.float32)
        mean = self.mean.by_channel(pixels.shape[1]) or (0.0,) * pixels.shape[1]
        if pixels.device.type == "cpu":
            # lazy: numba costs 0.2 s
            from framework.data.augment.mean_loops import subtract

            result = self._memory.empty(tuple(pixels.shape))
            subtract(pixels.flatten(2).numpy(), np.array(mean, np.float32), self.mean.scale,
                     result.flatten(2).numpy())
            return result
        values = torch.tensor(mean, dtype=torch.float32, device=pixels.device)
        result = pixels.to(torch.float32, copy=True).sub_(values[:, None, None])
        return result.mul_(self.mean.scale) if self.mean.scale != 1 else result

    def close(self) -> None:
        for loader in self._loaders:
            loader.close()
        self._loaders.clear()


def new_size(spec: LayerSpec, holder: str) -> tuple[int, int] | None:
    """(width, height) that images of a list are resized to before anything else; None: as they are.

    holder  image_data_param, or the name of a message of its kind
    SpecError for one of the two alone.
    """
    param = message_at(spec, holder)
    if (param.new_height == 0) != (param.new_width == 0):
        raise spec.error(f"{holder}.new_height", "and new_width must be given together")
    return (param.new_width, param.new_height) if param.new_height else None


def decoded(spec: LayerSpec, images: Shape) -> Shape:
    """The images of a list as image_data_param decodes them: in colour whatever the top is called.
    """
    is_color = spec.proto.image_data_param.is_color and not spec.proto.transform_param.force_gray
    return (images[0], 3, *images[2:]) if is_color else images


def transformation(spec: LayerSpec, samplers: Sequence[BatchSampler] = (),
                   idle: Sequence[str] = (), jitter: float = 0) -> Transformation:
    """The checked transform_param of a layer. SpecError for what cannot be followed.

    jitter  of AnnotatedData's windows in MobileNet-YOLO; 0: none
    idle  fields of NVIDIA's and Intel's branches without effect on this layer, as in these
          branches: they are named in the log and ignored
    Images are resized whatever resize_param.prob says, as in the original (ApplyResize does not
    look at it); a value other than 1 is named in the log.
    """
    param = checked_param(spec, idle)
    for name in (*idle, *IDLE):
        if is_set(spec.proto.transform_param, name):
            _warn(spec, name, "has no effect, as in the original")
    for name, why in idle_settings(param):
        _warn(spec, name, f"has no effect {why}, as in the original")
    if param.scale == 0:
        _warn(spec, "scale", "is 0, so that every image becomes 0")
    for name, other in (("crop_h", param.crop_w), ("crop_w", param.crop_h)):
        if getattr(param, name) and not (other or param.crop_size):
            _warn(spec, name, "crops nothing alone, as in the original")
    if param.resize_param.prob != 1 and not param.resize_param_more:
        _warn(spec, "resize_param.prob", f"is {param.resize_param.prob:g}, but every image is "
              "resized, as in the original")
    return Transformation(param.SerializeToString(), spec.phase == "TRAIN",
                          tuple(sampler.SerializeToString() for sampler in samplers), jitter)


def checked_param(spec: LayerSpec, idle: Sequence[str] = ()) -> TransformationParameter:
    """A layer's transform_param without the idle fields. SpecError for what cannot be followed."""
    param = type(spec.proto.transform_param)()
    param.CopyFrom(spec.proto.transform_param)
    anonymous: Message = param      # its ClearField takes any name
    for name in (*idle, *IDLE):
        anonymous.ClearField(name)
    check_transform(param, spec.error)
    return param


def warn_of_idle_fields(spec: LayerSpec) -> None:
    """Name the fields of transform_param that only AnnotatedData obeys, in the original too."""
    for name in ("distort_param", "expand_param", "emit_constraint"):
        if spec.proto.transform_param.HasField(name):
            _warn(spec, name, "has no effect, as in the original")


def _warn(spec: LayerSpec, field: str, message: str) -> None:
    logging.getLogger("framework.data").warning("layer '%s' (%s): transform_param.%s %s", spec.name,
                                                spec.type, field, message)


def color_of(spec: LayerSpec) -> bool | None:
    """force_color, force_gray: True, False; None if the images decide."""
    param = spec.proto.transform_param
    if param.force_color or spec.proto.data_param.force_encoded_color:
        return True
    return False if param.force_gray else None


def usual_decoding(color: bool | None, channels: list[int]) -> Decoding:
    """The decoding that takes images of the most frequent number of channels, and no others.

    channels  of the first images that can be decoded; of a tie the larger number is taken
    """
    if not channels:
        return Decoding(color)
    usual = max(set(channels), key=lambda number: (channels.count(number), number))
    return Decoding(color, usual)
