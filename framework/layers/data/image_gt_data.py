"""ImageGtData: images of a window file with the label and box of each anchor (MS-CNN)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from framework.data.augment.anchor_targets import AnchorMap
from framework.data.augment.mean import read_mean
from framework.data.loading.scene_items import ASPECT_STEP, SceneForm, SceneItems
from framework.data.loading.scenes import Scene, read_scenes
from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, layer
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size
from framework.layers.data.image_source import ImageSource
from framework.layers.params import check_sizes, honour

NUMBERS = 6     # of a box: label, ignored, x1, y1, x2, y2
FIELD = "image_gt_data_param"


@layer
class ImageGtData(ImageSource):
    """Batches of images around a box each, and the target of each anchor of several maps.

    Tops:   images (batch_size, 3, H, W), (pixel - mean_value) * scale, BGR, 0 outside of the image;
            for each downsample_rate (batch_size, 6, H / rate, W / rate): label, centre x and y,
            width and height in pixels, overlap; with output_gt_boxes (G, 7, 1, 1): item, x1, y1,
            x2, y2, label, ignored, or the one row 0, 1, 1, 2, 2, 1, 1.
    An image is mirrored (transform_param.mirror), resized to resize_width x resize_height, with
    do_multiple_scale every other one scaled so that a random box of it has a size from min_scale
    to max_scale, perhaps stretched (min_whaspect, max_whaspect), and cropped to crop_width x
    crop_height around the box, a few pixels off. Of an anchor the box of largest overlap above
    fg_threshold counts; label 0 and an overlap of 1 mark cells outside of the image or in regions
    of no interest. The window file has for each image `# index`, path, channels, height, width, the
    number of boxes, a line for each: label, ignored, x1, y1, x2, y2; the number of regions of no
    interest, and their corners. Images with a box that counts are there fg_img_multiple times.
    Errors: SpecError for settings that cannot be followed; DataError for an unusable window file,
            or if more than 5 % of its images are bad.
    Source: zhaoweicai/mscnn image_gt_data_layer.cpp; Cai et al. 2016.
    """

    reads = ("transform_param",)
    num_tops = (2, None)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        param = spec.proto.image_gt_data_param
        height, width = _size(param, None) or size
        shapes = [(param.batch_size, 6, *one.size_for(height, width)) for one in _maps(param)]
        boxes: list[Shape] = [(1, 7, 1, 1)] * param.output_gt_boxes
        return [(param.batch_size, 3, height, width), *shapes, *boxes]

    @classmethod
    def check_fields(cls, spec: LayerSpec) -> None:
        param = spec.proto.image_gt_data_param
        honour(spec, "transform_param", "mirror mean_value random_seed")
        numbers = [len(values) for values in (param.downsample_rate, param.field_w, param.field_h)]
        wanted = 1 + numbers[0] + param.output_gt_boxes
        if len(set(numbers)) != 1 or not numbers[0]:
            found = ", ".join(map(str, numbers))
            raise spec.error(FIELD, f"has {found} values of downsample_rate, field_w and field_h; "
                             "there must be equally many, at least 1")
        if min(*param.downsample_rate, *param.field_w, *param.field_h) < 1:
            raise spec.error(FIELD, "has a downsample_rate, field_w or field_h of 0")
        if len(spec.tops) != wanted:
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be {wanted}: "
                             "images, one for each downsample_rate, and boxes with output_gt_boxes")
        if param.coord_num != 4:
            raise spec.error(f"{FIELD}.coord_num", f"is {param.coord_num}; it must be 4")
        check_sizes(spec, FIELD, "fg_img_multiple")
        if param.do_multiple_scale and param.HasField("min_scale") \
                and param.HasField("max_scale") and not 0 < param.min_scale <= param.max_scale:
            raise spec.error(f"{FIELD}.min_scale", f"is {param.min_scale}; it must be above 0 and "
                             f"at most max_scale, {param.max_scale}")
        aspects = _aspects(param)
        if aspects and (aspects[0] <= 0 or aspects[1] - aspects[0] < ASPECT_STEP):
            raise spec.error(f"{FIELD}.min_whaspect", f"is {aspects[0]:g}; it must be above 0 and "
                             f"at least {ASPECT_STEP} below max_whaspect, {aspects[1]:g}")
        size = _size(param, None)
        if size:
            _check_cells(spec, size)

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.check_fields(spec)
        param = spec.proto.image_gt_data_param
        scenes = read_scenes(param.source, param.root_folder, NUMBERS)
        size = _size(param, scenes[-1])
        assert size is not None
        _check_cells(spec, size)
        resized = None
        if param.HasField("resize_width") and param.HasField("resize_height"):
            resized = (param.resize_width, param.resize_height)
        scales = None
        if param.do_multiple_scale and param.HasField("min_scale") and param.HasField("max_scale"):
            scales = (param.min_scale, param.max_scale)
        mean = replace(read_mean(spec.proto.transform_param), scale=param.scale)
        form = SceneForm(tuple(_maps(param)), size, resized, spec.proto.transform_param.mirror,
                         scales, _aspects(param), (param.min_gt_width, param.min_gt_height),
                         param.fg_threshold, mean)
        rows = [scene for scene in scenes
                for _ in range(param.fg_img_multiple if _counts(scene) else 1)]
        self.is_finished_early = True
        batch = param.batch_size
        self.start(SceneItems(rows, form, param.output_gt_boxes), batch,
                   (batch, 6, *form.maps[0].size_for(*size)), param.shuffle, mean=mean)
        if param.output_gt_boxes:
            self.top_shapes[-1] = (1, *self.top_shapes[-1][1:])

    @property
    def origin(self) -> str:
        return str(self.spec.proto.image_gt_data_param.source)


def _counts(scene: Scene) -> bool:
    """Whether the image has a box that is not ignored."""
    return any(box[1] == 0 for box in scene.boxes)


def _maps(param: Any) -> list[AnchorMap]:       # Any: the message
    return [AnchorMap(*numbers) for numbers in zip(param.downsample_rate, param.field_w,
                                                   param.field_h, strict=True)]


def _aspects(param: Any) -> tuple[float, float] | None:
    if param.HasField("min_whaspect") and param.HasField("max_whaspect"):
        return param.min_whaspect, param.max_whaspect
    return None


def _size(param: Any, last: Scene | None) -> tuple[int, int] | None:
    """Height and width of the input: the crop, or the resized image, or the list's last image."""
    height, width = (last.height, last.width) if last else (0, 0)
    if param.HasField("resize_width") and param.HasField("resize_height"):
        height, width = param.resize_height, param.resize_width
    if param.HasField("crop_width") and param.HasField("crop_height"):
        height, width = param.crop_height or height, param.crop_width or width
    return (height, width) if height and width else None


def _check_cells(spec: LayerSpec, size: tuple[int, int]) -> None:
    """SpecError where the size of a map would be rounded up, or the crop exceeds the image."""
    param = spec.proto.image_gt_data_param
    for one in _maps(param):
        whole = (size[0] // one.stride, size[1] // one.stride)
        if one.size_for(*size) != whole or min(whole) < 1:
            raise spec.error(f"{FIELD}.downsample_rate", f"is {one.stride}; an input of {size[1]} "
                             f"x {size[0]} pixels must have at least one such cell, and less than "
                             "half of one over")
    if param.HasField("resize_width") and param.HasField("resize_height") and \
            (size[0] > param.resize_height or size[1] > param.resize_width):
        raise spec.error(f"{FIELD}.crop_width", f"and crop_height are {size[1]} and {size[0]}; "
                         f"they must be at most {param.resize_width} and {param.resize_height}")
