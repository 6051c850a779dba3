"""FlowNet's augmentation layers: coefficients, images and flows that they change."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.flow.optical_flow import bilinear
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, honour, within
from framework.ops import augmentation_coefficients as coefficients
from framework.ops.augmentation_coefficients import NAMES, NEUTRAL_ONE
from framework.proto import FillerParameter, LayerParameter

FIELD = "augmentation_param"
TRIES = 50              # draws of positions, of which the first whose corners fit counts
SCHEDULE = 1.0986       # log 3: half of the way at half_life
# The coefficients that a field of AugmentationParameter draws, each on its own unless tied.
DRAWN = {"gamma": ("gamma",), "brightness": ("brightness",), "contrast": ("contrast",),
         "color": ("color1", "color2", "color3"), "ladd_pow": ("pow_nomean0",),
         "col_pow": ("pow_nomean1", "pow_nomean2"), "ladd_add": ("add_nomean0",),
         "col_add": ("add_nomean1", "add_nomean2"), "ladd_mult": ("mult_nomean0",),
         "col_mult": ("mult_nomean1", "mult_nomean2"), "sat_pow": ("pow_withmean1",),
         "sat_add": ("add_withmean1",), "sat_mult": ("mult_withmean1",),
         "lmult_pow": ("lmult_pow",), "lmult_mult": ("lmult_mult",), "lmult_add": ("lmult_add",),
         "col_rotate": ("col_angle",), **{name: (name,) for name in coefficients.EFFECT}}
TIED = {"pow_withmean2": "pow_withmean1", "add_withmean2": "add_withmean1",
        "mult_withmean2": "mult_withmean1"}
SPATIAL = ("mirror", "translate", "translate_x", "translate_y", "rotate", "zoom", "squeeze")
KINDS = ("uniform", "gaussian", "bernoulli", "uniform_bernoulli", "gaussian_bernoulli")
FIELDS = ("crop_width crop_height max_multiplier augment_during_test recompute_mean mean_per_pixel "
          "mean mode bottomwidth bottomheight chromatic_eigvec mirror translate translate_x "
          "translate_y rotate zoom squeeze gamma brightness contrast color ladd_pow ladd_add "
          "ladd_mult col_pow col_add col_mult col_rotate sat_pow sat_add sat_mult lmult_pow "
          "lmult_add lmult_mult fog_amount fog_size motion_blur_angle motion_blur_size "
          "shadow_angle shadow_distance shadow_strength noise")


class Generator:
    """The draws that augmentation_param asks for; SpecError for draws that are not known."""

    def __init__(self, spec: LayerSpec):
        honour(spec, FIELD, FIELDS)
        honour(spec, "coeff_schedule_param", "half_life initial_coeff final_coeff")
        param = getattr(spec.proto, FIELD)
        fields = (*SPATIAL, *DRAWN)
        active = spec.phase == "TRAIN" or param.augment_during_test
        self.settings = {name: _settings(spec, name) for name in fields
                         if active and param.HasField(name)}
        schedule = spec.proto.coeff_schedule_param
        if not 0 < schedule.half_life < math.inf:
            raise spec.error("coeff_schedule_param.half_life", f"is {schedule.half_life:g}; it "
                             "must be above 0")
        self.schedule = schedule.initial_coeff, schedule.final_coeff, schedule.half_life

    def discount(self, count: Tensor) -> Tensor:
        """What the spreads are multiplied by after `count` forwards."""
        first, last, half = self.schedule
        return first + (last - first) * (2 / (1 + (-SCHEDULE * count / half).exp()) - 1)

    def spatial(self, given: Tensor, discount: Tensor, crop: tuple[int, ...],
                full: tuple[int, ...]) -> Tensor:
        """Rows (N, 42): `given` plus positions whose corners are in the image, or `given`."""
        if not any(name in self.settings for name in SPATIAL):
            return given
        num = len(given)
        rows = coefficients.stored(self._spatial(TRIES * num, given, discount), TRIES * num, given)
        tried = rows.reshape(TRIES, num, -1) + given
        values = coefficients.by_name(tried.flatten(0, 1), snap=False)
        values = {name: value[:, None] for name, value in values.items()}
        ends = given.new_tensor([[x, y] for x in (0, crop[1] - 1) for y in (0, crop[0] - 1)])
        across, down = coefficients.positions(values, ends[:, 0], ends[:, 1], crop, full)
        inside = ((across.floor() >= 0) & (across.floor() <= full[1] - 2)
                  & (down.floor() >= 0) & (down.floor() <= full[0] - 2)).all(1)
        inside = inside.reshape(TRIES, num)
        first = inside.to(torch.uint8).argmax(0)
        chosen = tried.gather(0, first[None, :, None].expand(1, -1, len(NAMES)))[0]
        return torch.where(inside.any(0)[:, None], chosen, given)

    def _spatial(self, num: int, like: Tensor, discount: Tensor) -> dict[str, Tensor]:
        def drawn(name: str, neutral: float) -> Tensor:
            return self._draw(self.settings[name], num, like, discount, neutral)

        values = {}
        if "mirror" in self.settings:
            values["mirror"] = (drawn("mirror", 0.0) != 0).to(like.dtype)
        for field, names in (("translate", ("dx", "dy")), ("translate_x", ("dx",)),
                             ("translate_y", ("dy",)), ("rotate", ("angle",))):
            if field in self.settings:
                values.update({name: drawn(field, 0.0) for name in names})
        if "zoom" in self.settings:
            values["zoom_x"] = values["zoom_y"] = drawn("zoom", 1.0)
        if "squeeze" in self.settings:
            squeezed = drawn("squeeze", 1.0)
            one = like.new_ones(num)
            values["zoom_x"] = values.get("zoom_x", one) * squeezed
            values["zoom_y"] = values.get("zoom_y", one) / squeezed
        return values

    def others(self, num: int, like: Tensor, discount: Tensor) -> dict[str, Tensor]:
        """The drawn coefficients of colours and effects, each (num,)."""
        values = {}
        for field, names in DRAWN.items():
            if field in self.settings:
                for name in names:
                    without = 1.0 if name in NEUTRAL_ONE else 0.0
                    values[name] = self._draw(self.settings[field], num, like, discount, without)
        values.update({tied: values[name] for tied, name in TIED.items() if name in values})
        return values

    @staticmethod
    def _draw(settings: dict[str, Any], num: int, like: Tensor, discount: Tensor,
              neutral: float) -> Tensor:
        """(num,) draws; `neutral` where a Bernoulli draw leaves the distribution out."""
        kind = settings["rand_type"]
        chance = torch.rand(num, device=like.device, dtype=like.dtype) < settings["prob"]
        if kind == "bernoulli":
            return chance.to(like.dtype)
        spread = settings["spread"] * (discount if settings["apply_schedule"] else 1)
        if kind.startswith("uniform"):
            noise = torch.rand(num, device=like.device, dtype=like.dtype) * 2 - 1
        else:
            noise = torch.randn(num, device=like.device, dtype=like.dtype)
        value = settings["mean"] + spread * noise
        if settings["exp"]:
            value = value.exp()
        return value.where(chance, neutral) if kind.endswith("_bernoulli") else value


def _settings(spec: LayerSpec, name: str) -> dict[str, Any]:
    """A RandomGeneratorParameter as a dict; Any: its fields have several types."""
    param = getattr(getattr(spec.proto, FIELD), name)
    if param.rand_type not in KINDS:
        raise spec.error(f"{FIELD}.{name}.rand_type", f"is '{param.rand_type}'; it must be one of "
                         f"{', '.join(KINDS)}")
    return {field: getattr(param, field)
            for field in ("rand_type", "exp", "mean", "spread", "prob", "apply_schedule")}


def _check_rows(spec: LayerSpec, index: int, rows: Shape, num: int) -> None:
    if rows[0] != num or math.prod(rows[1:]) != len(NAMES):
        raise spec.error(f"bottom[{index}]", f"has the shape {tuple(rows)}; it must hold "
                         f"{len(NAMES)} coefficients for each of {num} items")


@layer
class GenerateAugmentationParameters(Layer):
    """Draw coefficients of augmentation for each item, on their own or on top of given ones.

    Bottoms: a blob of which the items, or also height and width count; or coefficients (N, 42, 1,
             1), the images and the images that they were cropped to.
    Top:     coefficients (N, 42, 1, 1), see ops/augmentation_coefficients. `mode` "add" adds the
             draws to those given, "replace" replaces those that are drawn, "regenerate" (always
             with one bottom of more than 1 x 1) forgets those given.
    In TEST without augment_during_test nothing is drawn.
    Errors:  SpecError for another number of bottoms, missing sizes, other modes or distributions.
    Source:  AugmentationParameter, whose discretize and multiplier are read by nothing;
             generate_augmentation_parameters_layer.cpp and .cu of lmb-freiburg/flownet2.
    """

    reads = ("augmentation_param", "coeff_schedule_param")
    num_bottoms = (1, 3)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = "it belongs to training"
    count: Tensor

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        self.generator = Generator(spec)
        param = getattr(spec.proto, FIELD)
        if len(bottoms) == 2 or any(len(shape) != 4 for shape in bottoms):
            raise spec.error("bottom", f"is given {len(bottoms)} times; there must be one, or "
                             "three, with 4 axes")
        self.mode = param.mode
        if len(bottoms) == 3:
            self.crop, self.full = tuple(bottoms[2][2:]), tuple(bottoms[1][2:])
        else:
            self.crop = param.crop_height, param.crop_width
            one = bottoms[0][2:] == (1, 1)
            self.full = (param.bottomheight, param.bottomwidth) if one else tuple(bottoms[0][2:])
            self.mode = self.mode if one else "regenerate"
        if self.mode not in ("add", "replace", "regenerate"):
            raise spec.error(f"{FIELD}.mode", f"is '{self.mode}'; it must be add, replace or "
                             "regenerate")
        within(spec, f"{FIELD}.crop_height", (*self.crop, *self.full), 1, 1 << 20)
        if self.mode != "regenerate":
            _check_rows(spec, 0, bottoms[0], bottoms[0][0])
        self.register_buffer("count", torch.zeros(()), persistent=False)

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        if self.spec.phase == "TRAIN":
            self.count = self.count + 1
        num = len(first)
        discount = self.generator.discount(self.count.to(first.dtype))
        fresh = first.new_zeros(num, len(NAMES))
        given = fresh if self.mode == "regenerate" else first.detach().flatten(1)
        base = given
        if self.mode == "replace" and any(name in self.generator.settings for name in SPATIAL):
            base = torch.cat([fresh[:, :len(coefficients.SPATIAL)],
                              given[:, len(coefficients.SPATIAL):]], 1)
        rows = self.generator.spatial(base, discount, self.crop, self.full)
        drawn = self.generator.others(num, first, discount)
        more = coefficients.stored(drawn, num, first)
        if self.mode == "add":
            return (rows + more)[..., None, None]
        taken = torch.tensor([name in drawn for name in NAMES], device=first.device)
        return torch.where(taken, more, rows)[..., None, None]


@layer
class DataAugmentation(Layer):
    """Crop and augment images by coefficients that are given or drawn, and subtract their mean.

    Bottoms: images (N, C, H, W); if wanted coefficients (N, 42, 1, 1).
    Tops:    images (N, C, crop_height, crop_width): mirrored, turned, moved and zoomed about the
             center, bilinearly; then colours along `chromatic_eigvec`, colours, shadow and noise,
             cut to 0 to max_multiplier, where any item has such coefficients. Without a crop: x.
             Less the mean: with recompute_mean that of the first N forwards of training, for each
             pixel or channel; else `mean`, if it has 3 values and not mean_per_pixel. If wanted the
             coefficients (N, 42, 1, 1).
    Blobs:   the number of forwards (1, 1, 1, 1); with recompute_mean the means of the pixels
             (1, C, h, w) and of the channels (1, C, 1, 1). Nothing learns, and x gets no gradient.
    In TEST without augment_during_test the crop is that of the center, and the stored mean counts;
    the original goes on counting and averaging there.
    Errors:  SpecError for a crop beyond the image, other distributions, colours of other than 3
             channels, colours along axes without chromatic_eigvec.
    Source:  AugmentationParameter; data_augmentation_layer.cpp and .cu of lmb-freiburg/flownet2,
             which reads fog and motion blur and does not apply them.
    """

    reads = ("augmentation_param", "coeff_schedule_param")
    num_bottoms = (1, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = UNWRITTEN
    count: Tensor
    pixel_mean: Tensor
    channel_mean: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (False,) * (3 if proto.augmentation_param.recompute_mean else 1)

    def __init__(self, spec: LayerSpec, x: Shape, *rows: Shape):
        super().__init__(spec)
        self.generator = Generator(spec)
        param = getattr(spec.proto, FIELD)
        check_four_axes(spec, x)
        if rows:
            _check_rows(spec, 1, rows[0], x[0])
        self.crops = param.HasField("crop_width") and param.HasField("crop_height")
        self.crop = (param.crop_height, param.crop_width) if self.crops else tuple(x[2:])
        for name, size, most in zip(("height", "width"), self.crop, x[2:], strict=True):
            within(spec, f"{FIELD}.crop_{name}", (size,), 1, most)
        self.highest = param.max_multiplier
        self.vectors = list(param.chromatic_eigvec)
        self.has_colours = x[1] == 3
        self._check_colours()
        self.recomputes = param.recompute_mean
        self.per_pixel = param.mean_per_pixel
        self.mean = list(param.mean) if len(param.mean) == 3 and not self.per_pixel else []
        constant = FillerParameter(type="constant")
        self.add_blob("count", (1, 1, 1, 1), constant, learned=False)
        if self.recomputes:
            self.add_blob("pixel_mean", (1, x[1], *self.crop), constant, learned=False)
            self.add_blob("channel_mean", (1, x[1], 1, 1), constant, learned=False)

    def _check_colours(self) -> None:
        drawn = {name for field in self.generator.settings for name in DRAWN.get(field, ())}
        if drawn and not self.has_colours:
            raise self.spec.error("bottom", "has other than 3 channels; colours and effects are "
                                  "for 3")
        if drawn & set(coefficients.EIGEN) and len(self.vectors) != 9:
            raise self.spec.error(f"{FIELD}.chromatic_eigvec", f"is given {len(self.vectors)} "
                                  "times; there must be 9 numbers")

    def forward(self, x: Tensor, *rows: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = x.detach()
        if self.spec.phase == "TRAIN":
            self.count = self.count.to(x.dtype) + 1
        given = rows[0].detach().flatten(1) if rows else x.new_zeros(len(x), len(NAMES))
        top = x
        if self.crops:
            if not rows:
                discount = self.generator.discount(self.count.to(x.dtype).flatten()[0])
                given = self.generator.spatial(given, discount, self.crop, tuple(x.shape[2:]))
                given = given + coefficients.stored(
                    self.generator.others(len(x), x, discount), len(x), x)
            top = self._augmented(x, coefficients.by_name(given))
        top = self._less_mean(top)
        return top if len(self.spec.tops) == 1 else (top, given[..., None, None])

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0

    def _augmented(self, x: Tensor, values: dict[str, Tensor]) -> Tensor:
        height, width = x.shape[2:]
        across, down = coefficients.positions(
            {name: value[:, None, None] for name, value in values.items()},
            torch.arange(self.crop[1], device=x.device, dtype=x.dtype),
            torch.arange(self.crop[0], device=x.device, dtype=x.dtype)[:, None],
            self.crop, (height, width))
        edge = coefficients.EDGE
        top = bilinear(x, down.clamp(0, height - edge), across.clamp(0, width - edge))
        if not self.has_colours:
            return top
        if len(self.vectors) == 9:
            vectors = x.new_tensor(self.vectors).reshape(3, 3)
            top = self._where_any(values, coefficients.EIGEN, top, lambda top: (
                coefficients.in_eigenspace(top, x, values, vectors, self.highest)))
        top = self._where_any(values, coefficients.COLOUR, top, lambda top: (
            coefficients.recoloured(top, values, self.highest)))
        top = self._where_any(values, ("shadow_strength", "noise"), top, lambda top: (
            coefficients.shadowed(top, values, self.highest)))
        return top + torch.randn_like(top) * values["noise"].clamp(min=0).reshape(-1, 1, 1, 1)

    def _where_any(self, values: dict[str, Tensor], names: Sequence[str], top: Tensor,
                   change: Callable[[Tensor], Tensor]) -> Tensor:
        """The changed images if an item of the batch has a coefficient that is not neutral."""
        neutral = [values[name] == (1 if name in NEUTRAL_ONE else 0) for name in names]
        return torch.where(torch.stack(neutral).all(), top, change(top))

    def _less_mean(self, x: Tensor) -> Tensor:
        if not self.recomputes:
            return x - x.new_tensor(self.mean)[:, None, None] if self.mean else x
        if self.spec.phase == "TRAIN":
            count = self.count.to(x.dtype).flatten()[0]
            moved = (self.pixel_mean * (count - 1) + x.mean(0, keepdim=True)) / count
            self.pixel_mean = torch.where(count <= self.recomputes, moved, self.pixel_mean)
            self.channel_mean = torch.where(count <= self.recomputes,
                                            self.pixel_mean.mean((2, 3), keepdim=True),
                                            self.channel_mean)
        return x - (self.pixel_mean if self.per_pixel else self.channel_mean).to(x.dtype)


@layer
class FlowAugmentation(Layer):
    """The optical flow between two augmented images, from the flow between the originals.

    Bottoms: flow (N, 2, H, W), in cells to the right and down; coefficients of the first and of the
             second image (N, 42, 1, 1).
    Top:     (N, 2, crop_height, crop_width): where a point of the first crop is, moved by the
             flow of the nearest cell there, in the second crop, less the point.
    No gradient goes back.
    Errors:  SpecError for other shapes and a crop below 1.
    Source:  AugmentationParameter; flow_augmentation_layer.cpp and .cu of lmb-freiburg/flownet2;
             cells outside of the flow, which the original reads from beyond its row, are the
             nearest ones here.
    """

    reads = ("augmentation_param",)
    num_bottoms = (3, 3)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    no_onnx_form = "it belongs to training"

    def __init__(self, spec: LayerSpec, flow: Shape, first: Shape, second: Shape):
        super().__init__(spec)
        honour(spec, FIELD, FIELDS)
        param = getattr(spec.proto, FIELD)
        if len(flow) != 4 or flow[1] != 2:
            raise spec.error("bottom", f"has the shape {tuple(flow)}; it must be (N, 2, H, W)")
        for index, rows in enumerate((first, second), 1):
            _check_rows(spec, index, rows, flow[0])
        self.crop = param.crop_height, param.crop_width
        within(spec, f"{FIELD}.crop_height", self.crop, 1, 1 << 20)

    def forward(self, flow: Tensor, first: Tensor, second: Tensor) -> Tensor:
        flow = flow.detach()
        full = flow.shape[2], flow.shape[3]
        one, other = ({name: value[:, None, None] for name, value in coefficients.by_name(
            rows.detach().flatten(1), snap=False).items()} for rows in (first, second))
        x = torch.arange(self.crop[1], device=flow.device, dtype=flow.dtype)
        y = torch.arange(self.crop[0], device=flow.device, dtype=flow.dtype)[:, None]
        across, down = coefficients.positions(one, x, y, self.crop, full)
        column = (across + 0.5).trunc().long().clamp(0, full[1] - 1)
        row = (down + 0.5).trunc().long().clamp(0, full[0] - 1)
        index = (row * full[1] + column).flatten(1)[:, None].expand(-1, 2, -1)
        moves = flow.flatten(2).gather(2, index).reshape(len(flow), 2, *self.crop)
        across, down = self._back(other, across + moves[:, 0], down + moves[:, 1], full)
        return torch.stack([across - x, down - y], 1)

    def _back(self, values: dict[str, Tensor], across: Tensor, down: Tensor,
              full: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """The point of the crop that is at a point of the image: the inverse of `positions`."""
        across = (across - full[1] / 2) * values["zoom_x"] - values["dx"] * self.crop[1]
        down = (down - full[0] / 2) * values["zoom_y"] - values["dy"] * self.crop[0]
        cosine, sine = values["angle"].cos(), values["angle"].sin()
        x = cosine * across + sine * down
        y = cosine * down - sine * across
        x = torch.where(values["mirror"] != 0, self.crop[1] / 2 - x, x + self.crop[1] / 2)
        return x, y + self.crop[0] / 2
