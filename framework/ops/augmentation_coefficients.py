"""FlowNet's augmentation of images by coefficients: positions, colours, shadow and noise.

A row of coefficients has 42 numbers, in the order of NAMES. Those whose neutral value is 1 are
stored as logarithms, so that neutral is 0 everywhere and rows are added to combine.
Source: augmentation_layer_base.cpp and data_augmentation_layer.cu of lmb-freiburg/flownet2.
"""

from __future__ import annotations

import torch
from torch import Tensor

SPATIAL = ("mirror", "dx", "dy", "angle", "zoom_x", "zoom_y")
COLOUR = ("gamma", "brightness", "contrast", "color1", "color2", "color3")
EIGEN = (*(f"{kind}_{mean}{axis}" for mean in ("nomean", "withmean")
           for kind in ("pow", "add", "mult") for axis in (0, 1, 2)),
         "lmult_pow", "lmult_add", "lmult_mult", "col_angle")
EFFECT = ("fog_amount", "fog_size", "motion_blur_angle", "motion_blur_size", "shadow_angle",
          "shadow_distance", "shadow_strength", "noise")
NAMES = (*SPATIAL, *COLOUR, *EIGEN, *EFFECT)
NEUTRAL_ONE = frozenset(
    name for name in NAMES if name.startswith(("zoom", "gamma", "contrast", "color", "pow_",
                                               "mult_", "lmult_pow", "lmult_mult")))
NEUTRAL = 1e-3          # a value as near to the neutral one counts as neutral
EDGE = 1.05             # cells from the end of an axis where positions are cut
SMALL = 1e-2            # what is not divided by


def stored(values: dict[str, Tensor], num: int, like: Tensor) -> Tensor:
    """Rows (num, 42) of coefficients by their names; the others are neutral."""
    rows = like.new_zeros(num, len(NAMES))
    columns = [values[name].to(rows.dtype) if name in values else rows[:, index]
               for index, name in enumerate(NAMES)]
    return torch.stack([column.log() if name in NEUTRAL_ONE and name in values else column
                        for name, column in zip(NAMES, columns, strict=True)], 1)


def by_name(rows: Tensor, snap: bool = True) -> dict[str, Tensor]:
    """The coefficients of rows (N, 42) as values (N,), near neutral ones as neutral if `snap`."""
    values = {}
    for index, name in enumerate(NAMES):
        neutral = 1.0 if name in NEUTRAL_ONE else 0.0
        value = rows[:, index].exp() if neutral else rows[:, index]
        near = (value - neutral).abs() < NEUTRAL
        values[name] = value.masked_fill(near, neutral) if snap else value
    return values


def positions(values: dict[str, Tensor], x: Tensor, y: Tensor, crop: tuple[int, ...],
              full: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Where points (x, y) of a crop are in the whole image, of sizes (height, width).

    x, y  broadcast with the values, of which each has the shape (N, 1, ...)
    """
    x = torch.where(values["mirror"] != 0, crop[1] / 2 - x, x - crop[1] / 2)
    y = y - crop[0] / 2
    cosine, sine = values["angle"].cos(), values["angle"].sin()
    across = cosine * x - sine * y + values["dx"] * crop[1]
    down = sine * x + cosine * y + values["dy"] * crop[0]
    return (across / values["zoom_x"] + full[1] / 2, down / values["zoom_y"] + full[0] / 2)


def recoloured(x: Tensor, values: dict[str, Tensor], highest: float) -> Tensor:
    """Channel weights at the same sum, gamma, brightness and contrast of x (N, 3, H, W)."""
    color = torch.stack([values[f"color{c}"] for c in (1, 2, 3)], 1)[..., None, None]
    weighed = x * color
    level = x.sum(1, keepdim=True) / (weighed.sum(1, keepdim=True) + SMALL)
    gamma, brightness, contrast = (values[name].reshape(-1, 1, 1, 1)
                                   for name in ("gamma", "brightness", "contrast"))
    shaded = (weighed * level).clamp(0, 1) ** gamma + brightness
    return (0.5 + (shaded - 0.5) * contrast).clamp(0, highest)


def signed_power(x: Tensor, power: Tensor) -> Tensor:
    """|x|^power with the sign of x."""
    return torch.copysign(x.abs() ** power, x)


def in_eigenspace(x: Tensor, source: Tensor, values: dict[str, Tensor], vectors: Tensor,
                  highest: float) -> Tensor:
    """Colours changed along the axes of `vectors` (3, 3), of x (N, 3, H, W).

    source  the images before they were cropped, whose mean and range scale the axes
    """
    batch = {name: value.reshape(-1, 1, 1) for name, value in values.items()}
    mean = source.mean((0, 2, 3))
    reach = torch.einsum("kc,nchw->nkhw", vectors, source).abs().amax((0, 2, 3))
    wide = reach > SMALL
    scale = torch.where(wide, reach, 1)
    center = (vectors @ mean) / scale
    longest = reach.square().sum().sqrt()
    axes = torch.einsum("kc,nchw->nkhw", vectors, x - mean[:, None, None])
    eigen = []
    for k in range(3):      # each axis by itself, the mean taken off and put back
        changed = signed_power(axes[:, k] / scale[k], batch[f"pow_nomean{k}"])
        changed = (changed + batch[f"add_nomean{k}"]) * batch[f"mult_nomean{k}"]
        eigen.append(torch.where(wide[k], changed, axes[:, k]) + center[k])
    # the first axis is the brightness; in the plane of the other two the direction is the hue, and
    # the distance from the first axis the saturation
    first = (signed_power(eigen[0], batch["pow_withmean0"]) + batch["add_withmean0"]
             ) * batch["mult_withmean0"]
    first = torch.where(wide[0], first, eigen[0])
    second, third = eigen[1], eigen[2]
    strength = (second.square() + third.square()).sqrt()
    visible = strength > SMALL
    wanted = (strength ** batch["pow_withmean1"] + batch["add_withmean1"]).clamp(min=0)
    wanted = wanted * batch["mult_withmean1"]
    cosine, sine = batch["col_angle"].cos(), batch["col_angle"].sin()
    turned = torch.stack([first, cosine * second - sine * third, sine * second + cosine * third], 1)
    turned = turned * scale[:, None, None]
    # the length of a colour is changed from what it was before the saturation; no axis gets beyond
    # its reach
    length = turned.square().sum(1).sqrt() / torch.where(longest > SMALL, longest, 1)
    ratio = torch.where(visible, wanted / torch.where(visible, strength, 1), 1)
    turned = torch.cat([turned[:, :1], turned[:, 1:] * ratio[:, None]], 1)
    now = turned.square().sum(1).sqrt()
    length = (length ** batch["lmult_pow"] + batch["lmult_add"]).clamp(min=0)
    length = length * batch["lmult_mult"] * longest
    kept = torch.minimum(turned / torch.where(now > SMALL, now, 1)[:, None] * length[:, None],
                         reach[:, None, None])
    fits = ((longest > SMALL) & (now > SMALL))[:, None]
    colours = torch.einsum("kc,nkhw->nchw", vectors, torch.where(fits, kept, turned))
    return colours.clamp(0, highest)


def shadowed(x: Tensor, values: dict[str, Tensor], highest: float) -> Tensor:
    """A shadow beyond a line, and cut to 0 to `highest`; x (N, C, H, W)."""
    height, width = x.shape[2:]
    angle, distance, strength = (values[f"shadow_{name}"].reshape(-1, 1, 1, 1)
                                 for name in ("angle", "distance", "strength"))
    across = torch.arange(width, device=x.device, dtype=x.dtype) - width // 2
    down = torch.arange(height, device=x.device, dtype=x.dtype)[:, None] - height // 2
    beyond = across * angle.cos() + down * angle.sin() - distance > 0
    return (x - strength * beyond).clamp(0, highest)
