"""Prior (anchor, default) boxes of SSD."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.definition.values import distinct_ratios
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.proto import PriorBoxParameter, has_field

MOST_BOXES = 100_000    # of one cell


INSET_SIDE, INSET = 60.0, 0.05          # of `tf`: of these squares, parts of the image
FACE_STRIDE = 32                        # pixels over which the boxes of a cell are spread
DENSITIES = {32.0: 4, 64.0: 2}          # boxes a row in a cell, by their side; 1 for others


@layer
@layer("PriorBoxClustered")
class PriorBox(Layer):
    """Prior (anchor) boxes of given sizes and aspect ratios at every cell of a feature map.

    Bottoms: features (N, C, h, w) and image (N, C, H, W), of which only the sizes count.
    Top:     (1, 2, h * w * B * 4): corners x1 y1 x2 y2 as fractions of the image, then variances.
             Cells by rows; in a cell, for each min_size: its square, the square of side
             sqrt(min_size * max_size) if there is a max_size, then the other aspect ratios.
    Sizes and steps are in pixels of the image. min_size and max_size are cut to integers first, as
    the original does; an aspect ratio equal to one listed before (1 always is, and with `flip`
    the inverse of each) is dropped. The numbers are rounded to float32, whatever the precision of
    the net; they are computed once for every pair of sizes.
    In the dialect "faceboxes" a square is 1 pixel smaller, and there are 4 x 4 of 32 and 2 x 2 of
    64 in a cell, 8 and 16 pixels apart, the rows and columns from half their number up or
    left of the middle on; max_size and aspect_ratio are refused there.
    With `denser_prior_boxes` (TextBoxes++), and always in the dialect "textboxes", each box is
    followed by one of its size at the lower edge of the cell.
    In the dialect "sstd" an oblong is min_size high and min_size * ratio wide; with `flip` each
    follows once more with width and height exchanged, whether its ratio is listed or not;
    min_size is not cut. In the dialect "no-sqrt" there is no square of sqrt(min_size * max_size).
    With `fixed_size` and `density` in place of min_size there are in each cell for each size, by
    rows, density x density squares, spread over the size around the middle in whole steps of
    size / density, then as many of each other ratio; all are cut at the edges of the image.
    With `offset_w` and `offset_h` (tl_ssd) a cell has at each of these positions, x first, for
    each min_size the boxes of its aspect ratios, which are not 1; no squares.
    With `tf` (Synopsys) the square of sqrt(min_size * max_size) comes last, and boxes of a min_size
    of 60 in 1's ratio are smaller by 0.05 of the image on each side; with `yx_order` corners are
    y1 x1 y2 x2.
    PriorBoxClustered (OpenVINO) has in each cell the boxes of `width` and `height` instead, in
    pixels, not cut.
    Errors: SpecError for missing, contradicting or non-positive fields.
    Source: PriorBoxParameter in caffe.proto; prior_box_layer.cpp of weiliu89/caffe branch ssd; Liu
            et al. 2016; prior_box_layer.cpp of sfzhang15/FaceBoxes, zihaozhang9/FaceBoxes,
            MhLiao/TextBoxes, MhLiao/TextBoxes_plusplus, julimueller/tl_ssd, BestSonny/SSTD, and
            dreadlord1984/SSD_windows_caffe, compiled with NO_SQRT;
            prior_box_clustered_layer.cpp of openvinotoolkit/training_toolbox_caffe;
            prior_box_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    reads = ("prior_box_param",)
    dialects = ("faceboxes", "textboxes", "sstd", "no-sqrt")
    fork_fields = frozenset(f"prior_box_param.{name}"
                            for name in ("denser_prior_boxes", "width", "height", "fixed_size",
                                         "density", "offset_w", "offset_h", "tf", "yx_order"))
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, features: Shape, image: Shape):
        super().__init__(spec)
        param = spec.proto.prior_box_param
        if len(features) != 4 or len(image) != 4:
            raise spec.error("bottom", f"has the shapes {features} and {image}; both must have 4 "
                             "axes")
        clustered = spec.type == "PriorBoxClustered"
        self.cut = bool(param.fixed_size) and not clustered
        self.positions: Pairs = []
        if self.cut:
            self.shapes, self.moves = _spread(spec, param)
        elif param.offset_w or param.offset_h:
            self.shapes, self.positions = _placed(spec, param)
            self.moves = [(0.0, 0.0)] * len(self.shapes)
        else:
            self.shapes = (_clustered if clustered else _shapes)(spec, param)
            self.moves = [(0.0, 0.0)] * len(self.shapes)
        self.denser = param.denser_prior_boxes or spec.dialect == "textboxes"
        if self.denser:
            self.shapes = [shape for shape in self.shapes for _ in range(2)]
        if spec.dialect == "faceboxes":
            self.shapes, self.moves = _dense(spec, param, self.shapes)
        if spec.dialect == "sstd":
            self.shapes = _as_high(spec, param)
            self.moves = [(0.0, 0.0)] * len(self.shapes)
        self.insets = _insets(spec, param, self.shapes)
        self.yx_order = param.yx_order
        self.variances = _variances(spec, param)
        self.image_size = _pair(spec, param, "img_size", "img_h", "img_w")
        self.step = _pair(spec, param, "step", "step_h", "step_w")
        self.offset = param.offset
        self.clip = param.clip
        self._known: dict[tuple[Any, ...], Tensor] = {}     # Any: sizes, type, device

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        """Without a forward: torch's arange on meta tensors imports torch's compiler (1.2 s)."""
        return [(1, 2, 4 * len(self.shapes) * math.prod(bottoms[0][2:]))]

    def forward(self, features: Tensor, image: Tensor) -> Tensor:
        cells = features.shape[2:]
        size = self.image_size or image.shape[2:]
        if torch.compiler.is_compiling() or type(features) is not Tensor or features.is_meta:
            return self._priors(cells, size, features)
        key = (*cells, *size, features.dtype, features.device)
        if key not in self._known:
            with torch.inference_mode(False), torch.no_grad():
                self._known[key] = self._priors(cells, size, features)
        return self._known[key]

    def _priors(self, cells: Any, size: Any, like: Tensor) -> Tensor:  # Any: pairs of (sym) ints
        """The top for maps of `cells` (h, w) and images of `size` (H, W), in the type of `like`.

        Bit for bit as the original computes: cell middles in float32, corners in double.
        """
        step = self.step or (size[0] / cells[0], size[1] / cells[1])
        y, x = (_points(count, length, self.offset, like.device)
                for count, length in zip(cells, step, strict=True))
        boxes = torch.tensor(self.shapes, dtype=torch.float32, device=like.device).double() / 2
        half_width, half_height = boxes.unbind(1)
        if any(self.moves[0]) or len(set(self.moves)) > 1:
            moves = torch.tensor(self.moves, dtype=torch.float32, device=like.device)
            x, y = ((middle.float()[:, None] + moves[:, axis]).double()
                    for axis, middle in enumerate((x, y)))
        elif self.positions:
            x, y = (torch.stack([_points(cells[1 - axis], step[1 - axis], at[axis], like.device)
                                 for at in self.positions], 1) for axis in (0, 1))
        else:
            x, y = x[:, None], y[:, None]
        if self.denser:
            edges = _points(cells[0], step[0], 1.0, like.device)[:, None]
            y = torch.cat([y, edges], 1).repeat(1, len(self.shapes) // 2)
        grid = (cells[0], cells[1], len(self.shapes))
        corners = torch.stack([
            ((x - half_width) / size[1]).expand(grid),
            ((y[:, None] - half_height) / size[0]).expand(grid),
            ((x + half_width) / size[1]).expand(grid),
            ((y[:, None] + half_height) / size[0]).expand(grid)], -1)
        if any(self.insets):
            inset = torch.tensor(self.insets, dtype=torch.float64, device=like.device)[:, None]
            corners = corners + torch.cat([inset, inset, -inset, -inset], 1)
        if self.yx_order:
            corners = corners[..., [1, 0, 3, 2]]
        corners = corners.float().flatten()
        if self.cut:
            first, last = corners.view(-1, 2, 2).unbind(1)
            corners = torch.stack([first.clamp(min=0), last.clamp(max=1)], 1).flatten()
        if self.clip:
            corners = corners.clamp(0, 1)
        variances = torch.tensor(self.variances, dtype=torch.float32, device=like.device)
        variances = variances.expand(len(corners) // 4, 4).flatten()
        return torch.stack([corners, variances])[None].to(
            torch.promote_types(like.dtype, torch.float32))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """A constant: only the sizes of the bottoms count."""
        features, image = (torch.empty(graph.shape(name), device="meta") for name in bottoms)
        size = self.image_size or image.shape[2:]
        return [graph.floats(self._priors(features.shape[2:], size, torch.empty(0)), "priors")]


def _points(count: Any, length: float, offset: float, device: torch.device) -> Tensor:
    """The coordinates of a point in each of `count` cells of `length`, in double.

    Any: a (sym) int. Computed in float32.
    """
    index = torch.arange(count, dtype=torch.float32, device=device)
    return ((index + offset) * torch.tensor(length, dtype=torch.float32, device=device)).double()


def _refuse(spec: LayerSpec, fields: Sequence[str], reason: str) -> None:
    """SpecError for fields that are given; `reason` is the end of its sentence."""
    for name in fields:
        if getattr(spec.proto.prior_box_param, name):
            raise spec.error(f"prior_box_param.{name}", f"has no effect in {spec.type}{reason}")


def _clustered(spec: LayerSpec, param: PriorBoxParameter) -> list[tuple[float, float]]:
    """The widths and heights of PriorBoxClustered, in pixels."""
    _refuse(spec, ("min_size", "max_size", "aspect_ratio", "fixed_size", "density"),
            ", whose boxes are those of width and height")
    shapes = list(zip(param.width, param.height, strict=False))
    if len(param.width) != len(param.height) or not shapes \
            or not all(0 < side < math.inf for shape in shapes for side in shape):
        raise spec.error("prior_box_param.width", f"and height are {list(param.width)} and "
                         f"{list(param.height)}; there must be as many of each, at least one, all "
                         "above 0 and finite")
    return shapes


def _shapes(spec: LayerSpec, param: PriorBoxParameter) -> list[tuple[float, float]]:
    """Width and height, in pixels, of the boxes of one cell, in their order."""
    _refuse(spec, ("width", "height"), "; the boxes of PriorBoxClustered have it")
    _refuse(spec, ("density",), " without fixed_size")
    lows, highs = list(param.min_size), list(param.max_size)
    if not lows or not all(0 < low < math.inf for low in lows):
        raise spec.error("prior_box_param.min_size", f"is {lows or 'not given'}; at least one must "
                         "be given, all above 0 and finite")
    if highs and len(highs) != len(lows):
        raise spec.error("prior_box_param.max_size", f"is given {len(highs)} times; it must be as "
                         f"often as min_size, {len(lows)}, or never")
    for low, high in zip(lows, highs, strict=False):
        if not low < high < math.inf:
            raise spec.error("prior_box_param.max_size", f"is {high:g}; it must be greater than "
                             f"its min_size, {low:g}, and finite")
    ratios = _ratios(spec, param)
    shapes = []
    if len(lows) * (2 + len(ratios)) > MOST_BOXES:
        raise spec.error("prior_box_param.min_size", f"is given {len(lows)} times, with "
                         f"{len(ratios)} aspect ratios: more than {MOST_BOXES} boxes a cell")
    for index, low in enumerate(int(low) for low in lows):
        shapes.append((float(low), float(low)))
        squares = [(math.sqrt(low * int(highs[index])),) * 2] \
            if highs and spec.dialect != "no-sqrt" else []
        oblong = [(low * math.sqrt(ratio), low / math.sqrt(ratio)) for ratio in ratios]
        shapes += oblong + squares if param.tf else squares + oblong
    return shapes


Pairs = list[tuple[float, float]]


def _dense(spec: LayerSpec, param: PriorBoxParameter, squares: Pairs) -> tuple[Pairs, Pairs]:
    """Sizes of a cell's boxes, and how far each is right of and below its middle (FaceBoxes)."""
    if param.max_size or param.denser_prior_boxes or len(squares) != len(param.min_size):
        raise spec.error("prior_box_param.max_size", "aspect_ratio and denser_prior_boxes have no "
                         "meaning in the dialect faceboxes")
    sizes: Pairs = []
    moves: Pairs = []
    for side, _ in squares:
        count = DENSITIES.get(side, 1)
        steps = [(index - count // 2) * FACE_STRIDE / count for index in range(count)]
        sizes += [(side - 1, side - 1)] * count ** 2
        moves += [(right, down) for down in steps for right in steps]
    return sizes, moves


def _as_high(spec: LayerSpec, param: PriorBoxParameter) -> Pairs:
    """Sizes of a cell's boxes, of which the oblong ones are as high or wide as min_size (SSTD)."""
    _refuse(spec, ("denser_prior_boxes", "width", "fixed_size", "offset_w"), " of SSTD")
    ratios = distinct_ratios(param.aspect_ratio, False)
    sizes: Pairs = []
    for index, low in enumerate(param.min_size):
        sizes.append((low, low))
        if param.max_size:
            sizes += [(math.sqrt(low * int(param.max_size[index])),) * 2]
        sizes += [(low * ratio, low) for ratio in ratios]
        sizes += [(low, low * ratio) for ratio in ratios if param.flip]
    return sizes


def _spread(spec: LayerSpec, param: PriorBoxParameter) -> tuple[Pairs, Pairs]:
    """As _dense, of fixed_size and density."""
    _refuse(spec, ("min_size", "max_size", "denser_prior_boxes", "width", "height"),
            " with fixed_size")
    sides, counts = list(param.fixed_size), list(param.density)
    if len(sides) != len(counts) or not all(1 <= side < math.inf for side in sides) \
            or not all(counts) or sum(count ** 2 for count in counts) > MOST_BOXES:
        raise spec.error("prior_box_param.fixed_size", f"and density are {sides} and {counts}; "
                         "there must be as many of each, sizes from 1 on and finite, densities "
                         f"above 0, and at most {MOST_BOXES} boxes a cell")
    ratios = _ratios(spec, param)
    sizes: Pairs = []
    moves: Pairs = []
    for side, count in zip(sides, counts, strict=True):
        whole, step = int(side), int(side / count)
        steps = [step / 2 + index * step - whole // 2 for index in range(count)]
        forms = [(float(whole), float(whole))]
        forms += [(side * math.sqrt(ratio), side / math.sqrt(ratio)) for ratio in ratios]
        for form in forms:
            sizes += [form] * count ** 2
            moves += [(right, down) for down in steps for right in steps]
    return sizes, moves


def _placed(spec: LayerSpec, param: PriorBoxParameter) -> tuple[Pairs, Pairs]:
    """Sizes of a cell's boxes, and the positions x, y of their middles in it (tl_ssd)."""
    _refuse(spec, ("max_size", "denser_prior_boxes", "width", "height", "density"),
            " with offset_w")
    positions = [(x, y) for x in param.offset_w for y in param.offset_h]
    ratios = _ratios(spec, param)
    if not positions or not all(0 <= at <= 1 for position in positions for at in position):
        raise spec.error("prior_box_param.offset_w", f"and offset_h are {list(param.offset_w)} and "
                         f"{list(param.offset_h)}; each must be given, from 0 to 1")
    if not ratios or any(abs(ratio - 1) < 1e-6 for ratio in param.aspect_ratio):
        raise spec.error("prior_box_param.aspect_ratio", f"is {list(param.aspect_ratio)}; with "
                         "offset_w there must be one, and none of 1")
    if not param.min_size or not all(1 <= low < math.inf for low in param.min_size):
        raise spec.error("prior_box_param.min_size", f"is {list(param.min_size)}; at least one "
                         "must be given, all from 1 on and finite")
    sizes = [(low * math.sqrt(ratio), low / math.sqrt(ratio))
             for low in map(int, param.min_size) for ratio in ratios]
    if len(sizes) * len(positions) > MOST_BOXES:
        raise spec.error("prior_box_param.offset_w", f"leads to more than {MOST_BOXES} boxes a "
                         "cell")
    return sizes * len(positions), [position for position in positions for _ in sizes]


def _ratios(spec: LayerSpec, param: PriorBoxParameter) -> list[float]:
    """The aspect ratios other than 1."""
    for ratio in param.aspect_ratio:
        if not 0 < ratio < math.inf:
            raise spec.error("prior_box_param.aspect_ratio", f"is {ratio:g}; it must be above 0 "
                             "and finite")
    return distinct_ratios(param.aspect_ratio, param.flip)


def _insets(spec: LayerSpec, param: PriorBoxParameter, shapes: Pairs) -> list[float]:
    """By how much of the image each box of a cell is smaller on each side: `tf` (Synopsys)."""
    if param.tf and (not param.min_size or param.fixed_size or param.offset_w or param.offset_h
                     or param.denser_prior_boxes or spec.dialect):
        raise spec.error("prior_box_param.tf", "is true, which goes with min_size, max_size and "
                         "aspect_ratio alone")
    insets = [0.0] * len(shapes)
    if param.tf:
        for index in range(0, len(shapes), len(shapes) // len(param.min_size)):
            # the first box of a min_size
            insets[index] = INSET if shapes[index][0] == INSET_SIDE else 0.0
    return insets


def _variances(spec: LayerSpec, param: PriorBoxParameter) -> list[float]:
    variances = list(param.variance) or [0.1]
    if len(variances) not in (1, 4) or min(variances) <= 0:
        raise spec.error("prior_box_param.variance", f"is {variances}; it must be one number or "
                         "four, all above 0")
    return variances * (4 // len(variances))


def _pair(spec: LayerSpec, param: PriorBoxParameter, both: str, high: str, wide: str
          ) -> tuple[float, float] | None:
    """Height and width from one field or two; None if none is given."""
    given = [name for name in (both, high, wide) if has_field(param, name)]
    if not given:
        return None
    if both in given and len(given) > 1:
        raise spec.error(f"prior_box_param.{both}", f"is given besides {given[1]}; give {both}, or "
                         f"{high} and {wide}")
    pair = (both, both) if both in given else (high, wide)
    for name in pair:
        if getattr(param, name) <= 0:
            raise spec.error(f"prior_box_param.{name}", f"is {getattr(param, name):g}; it must be "
                             "given and above 0")
    return getattr(param, pair[0]), getattr(param, pair[1])
