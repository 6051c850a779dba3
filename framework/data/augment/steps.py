"""Steps of the augmentation pipeline: each changes a Sample by its settings and random draws.

A step says what it draws and changes; `order` says in which order they go.
Source: data_transformer.cpp, annotated_data_layer.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from framework.data.augment import (
    distortion,
    geometry,
    noise,
    perspective,
    random_sizes,
    resizing,
    sampler,
    yolo,
)
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import WHOLE, Rectangle, Window
from framework.data.augment.mean import Mean
from framework.data.augment.planes import mirrored
from framework.data.augment.view import Viewer
from framework.data.records.boxes import CORNERS
from framework.data.records.images import Image, Scratch
from framework.data.records.records import BadRecord, Pixels
from framework.proto import (
    DistortionParameter,
    ExpansionParameter,
    GeometryParameter,
    NoiseParameter,
    ResizeParameter,
    TransformationParameter,
)
from framework.system.arrays import Floats


def _no_pixels() -> Pixels:
    return np.empty((0, 0, 0), np.uint8)


@dataclass
class Sample:
    """An image on its way through the pipeline.

    boxes         (n, 7) as in `Record`, in parts of what is seen so far; None: not wanted
    view          the part of the image that is seen; exceeds it where the image was expanded
    changes       the colour changes to be made
    resize_param  the ResizeParameter to be followed, and `mode`, its interpolation
    pixels        (height, width, channels), once the image was rendered
    marks         (height, width, 1), the label map; None: the image has none
    ignore_label  of pixels of the label map that the image does not have
    crop          the part of these pixels that is kept, once that was drawn
    window        what a batch_sampler or a jitter left, in parts of what was seen before
    """

    boxes: Floats | None
    view: Rectangle
    image: Image | None = None
    changes: distortion.Distortion | None = None
    resize_param: ResizeParameter | None = None
    mode: int = 0
    pixels: Pixels = field(default_factory=_no_pixels)
    marks: Pixels | None = None
    ignore_label: int = 255
    crop: Rectangle = Rectangle(0, 0, 0, 0)
    is_mirrored: bool = False
    window: Window = field(default_factory=lambda: WHOLE)


class Step(Protocol):
    """A step of the pipeline."""

    def __call__(self, sample: Sample, draws: Draws) -> None:
        """Change the sample. Raises BadRecord."""


@dataclass(frozen=True)
class Distort:
    """Draw the colour changes (distort_param)."""

    param: DistortionParameter

    def __call__(self, sample: Sample, draws: Draws) -> None:
        sample.changes = distortion.draw_distortion(self.param, draws)


@dataclass(frozen=True)
class Expand:
    """Zoom out: put the image at random on a larger canvas (expand_param).

    emit  the emit_constraint, as `geometry.emit_rule` returns it; so in the steps below
    """

    param: ExpansionParameter
    emit: tuple[int, float]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        param = self.param
        if not draws.chance(param.prob) or abs(param.max_expand_ratio - 1) < 1e-2:
            return
        width = sample.view.width
        height = sample.view.height
        ratio = draws.uniform(1, param.max_expand_ratio)
        new_width = int(width * ratio)
        new_height = int(height * ratio)
        y = int(draws.uniform(0, new_height - height))
        x = int(draws.uniform(0, new_width - width))
        window = np.array([-x / width, -y / height, (new_width - x) / width,
                           (new_height - y) / height], np.float32)
        # Back from the window to pixels, as the original: float32 may move a border by one.
        left, top, right, bottom = window.tolist()
        x = round(left * width)
        y = round(top * height)
        sample.view = Rectangle(x, y, round(right * width) - x, round(bottom * height) - y)
        sample.boxes = project(sample.boxes, window, self.emit)


@dataclass(frozen=True)
class SampleWindow:
    """Cut out a window that a batch_sampler allows, or a jittered one."""

    samplers: sampler.BatchSamplers | yolo.Jitter
    emit: tuple[int, float]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        boxes = sample.boxes
        corners = np.empty((0, 4), np.float32) if boxes is None else boxes[:, CORNERS]
        window = self.samplers.draw(corners, draws)
        if window is None:
            return
        # lazy: numba costs 0.2 s
        from framework.data.augment import box_loops

        sample.window = window
        view = sample.view
        x, y, *size = box_loops.crop_rectangle(window, view.width, view.height)
        sample.view = Rectangle(view.x + x, view.y + y, *size)
        sample.boxes = project(boxes, window, self.emit)


@dataclass(frozen=True)
class ChooseSize:
    """Decide the size to resize to, and draw the interpolation (resize_param)."""

    param: ResizeParameter

    def __call__(self, sample: Sample, draws: Draws) -> None:
        sample.resize_param = self.param
        sample.mode = resizing.draw_interpolation(self.param, draws)
        if sample.boxes is not None:
            # lazy: numba costs 0.2 s
            from framework.data.augment import box_loops

            frame = geometry.resized_frame(self.param, sample.view.width, sample.view.height)
            sample.boxes = box_loops.resize(sample.boxes, *frame)


@dataclass(frozen=True)
class DrawSize:
    """Draw a part of the view and the size to resize it to, as Intel's branch does.

    param  TransformationParameter with one of Intel's two messages
    """

    param: TransformationParameter
    emit: tuple[int, float]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        view = sample.view
        part, param = random_sizes.draw_resize(self.param, view.width, view.height, draws)
        sample.boxes = project(sample.boxes, window_of(part, view.width, view.height), self.emit)
        sample.view = Rectangle(view.x + part.x, view.y + part.y, part.width, part.height)
        sample.resize_param = param
        sample.mode = resizing.draw_interpolation(param, draws)


class Render:
    """Decode the rows that are seen, distort, expand and resize them: the first step on pixels.

    Keeps memory for decoded and expanded images: not for several threads at once.
    """

    def __init__(self, mean: Mean, is_expanded: bool):
        self._mean = mean
        self._is_expanded = is_expanded
        self._viewer = Viewer()
        self._scratch = Scratch()

    def __call__(self, sample: Sample, draws: Draws) -> None:
        image = sample.image
        view = sample.view
        assert image is not None
        fill = self._mean.fill(image.channels) if self._is_expanded else ()
        pixels = image.rows(min(view.y + view.height, image.height), self._scratch)
        sample.pixels = self._viewer.show(pixels, view, sample.changes, fill,
                                          sample.resize_param, sample.mode)


@dataclass(frozen=True)
class TakePerspective:
    """Warp pixels and boxes (geometry_param)."""

    param: GeometryParameter

    def __call__(self, sample: Sample, draws: Draws) -> None:
        height, width = sample.pixels.shape[:2]
        warp = perspective.draw_warp(self.param, width, height, draws)
        if warp is not None:
            sample.pixels = warp.pixels(sample.pixels)
            if sample.boxes is not None:
                sample.boxes = warp.boxes(sample.boxes, width, height)


def see_all(sample: Sample, draws: Draws) -> None:
    """Go on with the pixels rendered so far."""
    height, width = sample.pixels.shape[:2]
    sample.view = Rectangle(0, 0, width, height)


def turn(sample: Sample, draws: Draws) -> None:
    """Turn pixels and boxes by 0 to 3 quarters (rotate)."""
    quarters = draws.below(4)
    sample.pixels = perspective.turn_pixels(sample.pixels, quarters)
    if sample.boxes is not None:
        sample.boxes = perspective.turn_boxes(sample.boxes, quarters)


def turn_crop(sample: Sample, draws: Draws) -> None:
    """Turn the crop, which must be square, by 0 to 3 quarters (rotate)."""
    sample.pixels = cut(sample.pixels, sample.crop)
    height, width = sample.pixels.shape[:2]
    if height != width:
        raise BadRecord(f"the image is {width} x {height}; transform_param.rotate takes square "
                        "ones only")
    turn(sample, draws)
    sample.crop = Rectangle(0, 0, width, height)


@dataclass(frozen=True)
class Stretch:
    """Resize decoded pixels to a random size, as NVIDIA's branch does."""

    param: TransformationParameter
    crop: tuple[int, int]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        sample.pixels = random_sizes.stretch(sample.pixels, self.param, self.crop, draws)
        height, width = sample.pixels.shape[:2]
        sample.view = Rectangle(0, 0, width, height)


def resize_decoded(sample: Sample, draws: Draws) -> None:
    """Cut and resize decoded pixels as the steps before decided."""
    sample.pixels = cut(sample.pixels, sample.view)
    if sample.resize_param is not None:
        sample.pixels = resizing.resize(sample.pixels, sample.resize_param, sample.mode)


@dataclass(frozen=True)
class Degrade:
    """Degrade the pixels (noise_param)."""

    param: NoiseParameter

    def __call__(self, sample: Sample, draws: Draws) -> None:
        sample.pixels = noise.apply_noise(sample.pixels, self.param, draws)


@dataclass(frozen=True)
class Crop:
    """Choose the crop of crop_size: at random in TRAIN, else central, rounded down.

    size  (height, width); 0, 0 keeps all
    """

    size: tuple[int, int]
    is_random: bool
    emit: tuple[int, float]

    def __call__(self, sample: Sample, draws: Draws) -> None:
        height, width = sample.pixels.shape[:2]
        sample.crop = self.choose(height, width, draws)
        sample.boxes = project(sample.boxes, window_of(sample.crop, width, height), self.emit)

    def choose(self, height: int, width: int, draws: Draws) -> Rectangle:
        """The crop of an image of that size. BadRecord if the image is smaller."""
        crop_height, crop_width = self.size
        if not (crop_height and crop_width):
            return Rectangle(0, 0, width, height)
        if crop_height > height or crop_width > width:
            raise BadRecord(f"the image is {width} x {height}, smaller than the crop of "
                            f"{crop_width} x {crop_height}")
        if self.is_random:
            y = draws.below(height - crop_height + 1)
            x = draws.below(width - crop_width + 1)
        else:
            y = (height - crop_height) // 2
            x = (width - crop_width) // 2
        return Rectangle(x, y, crop_width, crop_height)


def mirror(sample: Sample, draws: Draws) -> None:
    """Mirror half of the images horizontally: the boxes here, the pixels in `Subtract`."""
    sample.is_mirrored = draws.below(2) == 1
    if sample.is_mirrored and sample.boxes is not None:
        # lazy: numba costs 0.2 s
        from framework.data.augment import box_loops

        sample.boxes = box_loops.mirror(sample.boxes)


def turn_flow(sample: Sample, draws: Draws) -> None:
    """Change the sign of x of a mirrored image of flow, which is its third channel, to 255 less it.

    Source: Transform in data_transformer.cpp of LisaAnne/lisa-caffe-public.
    """
    if sample.is_mirrored and sample.pixels.shape[2] > 2:
        sample.pixels = sample.pixels.copy()
        sample.pixels[:, :, 2] = 255 - sample.pixels[:, :, 2]


def extrapolate(sample: Sample, draws: Draws) -> None:
    """Scale the boxes to width_scale x height_scale of the ResizeParameter."""
    if sample.boxes is not None and sample.resize_param is not None:
        height, width = sample.pixels.shape[:2]
        sample.boxes[:, CORNERS] = geometry.extrapolate(
            sample.boxes[:, CORNERS], sample.resize_param, sample.view.width, sample.view.height,
            window_of(sample.crop, width, height))


@dataclass(frozen=True)
class Subtract:
    """Cut out the crop, subtract a mean_file's mean and scale there, and mirror the pixels.

    takes_middle  the middle of the mean image is subtracted, wherever the crop was
    """

    mean: Mean
    size: tuple[int, int]
    takes_middle: bool

    def __call__(self, sample: Sample, draws: Draws) -> None:
        sample.pixels = self.apply(sample.pixels, sample.crop, sample.is_mirrored)

    def apply(self, pixels: Pixels, crop: Rectangle, is_mirrored: bool) -> Pixels:
        """The crop of these pixels, less the mean and mirrored."""
        height, width = pixels.shape[:2]
        part = cut(pixels, crop)
        mean = self.mean.image
        if mean is not None:
            is_other = all(self.size) and mean.shape[1:] != (height, width)
            if self.takes_middle or is_other:
                part = self.mean.subtract_middle(part)
            else:
                part = self.mean.subtract_image(part, crop.x, crop.y, height, width)
        return mirrored(part) if is_mirrored else part


def cut(pixels: Pixels, part: Rectangle) -> Pixels:
    """A part of (height, width, channels), as a view."""
    return pixels[part.y:part.y + part.height, part.x:part.x + part.width]


def project(boxes: Floats | None, window: Window, emit: tuple[int, float]) -> Floats | None:
    """The boxes that a window shows, in its units; None stays None."""
    if boxes is None:
        return None
    # lazy: numba costs 0.2 s
    from framework.data.augment import box_loops

    return box_loops.look_through(boxes, window, *emit)


def window_of(crop: Rectangle, width: int, height: int) -> Window:
    """A crop in parts of an image of that size."""
    if (crop.width, crop.height) == (width, height):
        return WHOLE
    low = np.array([crop.x, crop.y], np.float32)
    size = np.array([crop.width, crop.height], np.float32)
    whole = np.array([width, height], np.float32)
    return np.concatenate([low / whole, (low + size) / whole])


def run(steps: Sequence[Step], sample: Sample, draws: Draws) -> Sample:
    """Send a sample through the steps, in their order."""
    for step in steps:
        step(sample, draws)
    return sample
