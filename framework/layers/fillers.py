"""Weight initialisation: the fillers of FillerParameter.

Source: BVLC filler.hpp; the others name their project.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from framework.layers import gabor
from framework.layers.number_files import read_numbers
from framework.proto import FillerParameter, enum_name
from framework.system.wording import nearest

# Fields of other projects that one type of filler reads.
_OWN_FIELDS = {"alpha": "msra", "scale": "msra", "file": "file", "diag_val": "diagonal",
               "values": "value"}


def fill_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Fill `blob` (any shape, CPU) in place as `filler` (FillerParameter) says.

    Raises ValueError for a filler type that is not known or does not fit the shape.
    """
    if filler.type not in FILLERS:
        raise ValueError(f"is of type '{filler.type}', which is not known"
                         f"{nearest(filler.type, FILLERS)}; known are {', '.join(FILLERS)}")
    if filler.sparse >= 0 and filler.type != "gaussian":
        raise ValueError(f"is sparse; only a gaussian filler can be, not '{filler.type}'")
    num_outputs = max(blob.shape[:1], default=0)
    if not -1 <= filler.sparse <= num_outputs:
        raise ValueError(f"has sparse {filler.sparse}; it must be from 0 to the {num_outputs} "
                         "outputs, or -1 for none")
    if not filler.std >= 0:
        raise ValueError(f"has std {filler.std:g}; it must be at least 0")
    if filler.type == "uniform" and not filler.min <= filler.max:
        raise ValueError(f"has min {filler.min:g} and max {filler.max:g}; min must not be the "
                         "larger one")
    for field, kind in _OWN_FIELDS.items():
        default = filler.DESCRIPTOR.fields_by_name[field].default_value
        if getattr(filler, field) != default and filler.type != kind:
            raise ValueError(f"has {field}, which only the type '{kind}' has, not '{filler.type}'")
    with torch.no_grad():
        FILLERS[filler.type](blob, filler, generator)


def constant_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Every value is `value`."""
    blob.fill_(filler.value)


def uniform_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Uniform from `min` to `max`."""
    blob.uniform_(filler.min, filler.max, generator=generator)


def gaussian_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Normal with `mean` and `std`; `sparse` keeps each value with probability sparse / outputs."""
    blob.normal_(filler.mean, filler.std, generator=generator)
    if filler.sparse >= 0:
        share = filler.sparse / blob.shape[0]
        blob.mul_(torch.rand(blob.shape, generator=generator) < share)


def positive_unitball_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Positive weights; those of each output sum to 1."""
    blob.uniform_(generator=generator)
    rows = blob.view(blob.shape[0], -1)
    rows.div_(rows.sum(1, keepdim=True))


def xavier_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Xavier (Glorot) initialisation: uniform within sqrt(3 / fan).

    Source: Glorot and Bengio 2010.
    """
    bound = math.sqrt(3 / _fan(blob, filler))
    blob.uniform_(-bound, bound, generator=generator)


def msra_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """MSRA (Kaiming) initialisation: normal, its deviation scale * sqrt(2 / fan / (1 + alpha^2)).

    Source: He et al. 2015; `alpha`, the slope of the PReLU that follows, of
    happynear/caffe-windows; `scale` of intel/caffe.
    """
    deviation = filler.scale * math.sqrt(2 / _fan(blob, filler) / (1 + filler.alpha ** 2))
    blob.normal_(0, deviation, generator=generator)


def bilinear_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The kernel of bilinear upsampling, in every channel; ValueError unless it is square."""
    if blob.dim() != 4 or blob.shape[2] != blob.shape[3]:
        raise ValueError(f"is bilinear; the blob must have 4 axes and a square kernel, "
                         f"not the shape {tuple(blob.shape)}")
    slope = _tent(blob.shape[3])
    blob.copy_(slope[:, None] * slope)


def thrlinear_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The kernel of trilinear upsampling, in every channel; ValueError unless it is a cube.

    Source: ThrlinearFiller in filler.hpp of ljpadam/Caffe-3D.
    """
    if blob.dim() != 5 or len(set(blob.shape[2:])) != 1:
        raise ValueError(f"is thrlinear; the blob must have 5 axes and a kernel of one size along "
                         f"three of them, not the shape {tuple(blob.shape)}")
    slope = _tent(blob.shape[4])
    blob.copy_(slope[:, None, None] * slope[:, None] * slope)


def _tent(size: int) -> Tensor:
    factor = math.ceil(size / 2)
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    return 1 - (torch.arange(size, dtype=torch.float64) / factor - centre).abs()


def sequence_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """0 at every `value`-th number, from the first on, and 1 elsewhere: where sequences start.

    Source: SequenceFiller in filler.hpp of tmbo/caffe.
    """
    length = int(filler.value)
    if length < 1:
        raise ValueError(f"is sequence of {filler.value:g} steps; it must be at least 1")
    blob.view(-1).copy_(torch.arange(blob.numel()) % length != 0)


def identity_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Ones where input and output have one index; ValueError unless fan-in and fan-out are equal.

    Of a blob with further axes the flat index is output * inputs + output, as in the original.
    Source: IdentityFiller in filler.hpp of happynear/caffe-windows.
    """
    num_outputs, num_inputs = blob.shape[0], blob.shape[1] if blob.dim() > 1 else 1
    if num_outputs != num_inputs:
        raise ValueError(f"is identity; the blob must have as many inputs as outputs, not the "
                         f"shape {tuple(blob.shape)}")
    blob.zero_()
    outputs = torch.arange(num_outputs)
    blob.view(-1)[outputs * num_inputs + outputs] = 1


def xy_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Columns and rows of an image's cells; ValueError unless the blob is (1, 2, H, W).

    Source: XYFiller in filler.hpp of aharley/segaware.
    """
    if blob.dim() != 4 or tuple(blob.shape[:2]) != (1, 2):
        raise ValueError(f"is xy; the blob must be (1, 2, H, W), not the shape "
                         f"{tuple(blob.shape)}")
    height, width = blob.shape[2:]
    blob[0, 0] = torch.arange(width)
    blob[0, 1] = torch.arange(height)[:, None]


def eye_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """`value` on the diagonal, 0 elsewhere; ValueError unless the weights are a square matrix.

    Source: EyeFiller in filler.hpp of ethanhe42/caffe-pro.
    """
    rows = blob.view(blob.shape[0], -1)
    if rows.shape[0] != rows.shape[1]:
        raise ValueError(f"is eye; the blob must be a square matrix, not of the shape "
                         f"{tuple(blob.shape)}")
    rows.zero_()
    rows.diagonal().fill_(filler.value)


def diagonal_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """diag_val[i], or 1, over the kernel's area, from input i to output i; 0 elsewhere.

    Source: DiagonalFiller in filler.hpp of lmb-freiburg/flownet2.
    """
    blob.zero_()
    channels = blob.shape[1] if blob.ndim > 1 else 1
    rows = blob.view(blob.shape[0], channels, -1)
    for index in range(min(rows.shape[:2])):
        value = filler.diag_val[index] if index < len(filler.diag_val) else 1.0
        rows[index, index] = value / rows.shape[2]


def value_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The numbers `values`, row by row; 0 where they end. ValueError for more than there are.

    Source: ValueFiller in filler.hpp of mikuhatsune/e2e_face.
    """
    if len(filler.values) > blob.numel():
        raise ValueError(f"has {len(filler.values)} values; the blob of the shape "
                         f"{tuple(blob.shape)} has {blob.numel()}")
    blob.zero_()
    blob.view(-1)[:len(filler.values)] = torch.tensor(list(filler.values))


def gaussian_unitball_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Normal weights; those of each output are scaled to length 1.

    Source: GaussianUnitBallFiller in filler.hpp of happynear/caffe-windows.
    """
    blob.normal_(generator=generator)
    rows = blob.view(blob.shape[0], -1)
    rows.div_((rows.square().sum(1, keepdim=True) + 1e-12).sqrt())


def orthogonal_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Rows or columns of a random orthonormal set, times `value` if that is not 0.

    Normal noise around `mean` with the deviation sqrt(2 / fan); of its singular value
    decomposition the left vectors if the matrix is square, else the right ones, one a row.
    ValueError for more outputs than inputs (its project's copy fails there), and for a `std`
    other than 1, where the project aborts.
    Source: OrthogonalFiller in filler.hpp of ethanhe42/caffe-pro; Saxe et al. 2013.
    """
    rows = blob.view(blob.shape[0], -1)
    if rows.shape[0] > rows.shape[1]:
        raise ValueError(f"is orthogonal; the blob must not have more outputs than inputs, as the "
                         f"shape {tuple(blob.shape)} has")
    if filler.std != 1:
        raise ValueError(f"is orthogonal; std must be left out, but is {filler.std:g}")
    rows.normal_(filler.mean, math.sqrt(2 / _fan(blob, filler)), generator=generator)
    left, _, right = torch.linalg.svd(rows.double(), full_matrices=False)
    rows.copy_(left if rows.shape[0] == rows.shape[1] else right)
    if filler.value:
        rows.mul_(filler.value)


def gabor_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The bank of Gabor filters for the first layer of a known topology; ValueError for others."""
    blob.copy_(gabor.bank(tuple(blob.shape)))


def _fan(blob: Tensor, filler: FillerParameter) -> float:
    """Fan-in, fan-out or their mean, as `variance_norm` says."""
    fan_in = blob.numel() / blob.shape[0]
    fan_out = blob.numel() / (blob.shape[1] if blob.dim() > 1 else 1)
    return {"FAN_IN": fan_in, "FAN_OUT": fan_out,
            "AVERAGE": (fan_in + fan_out) / 2}[enum_name(filler, "variance_norm")]


def file_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The first numbers of the text file `file`, of those with blanks between them.

    Source: FileFiller in filler.hpp of daerduoCarey/SpatialTransformerLayer.
    """
    if not filler.file:
        raise ValueError("is of type 'file' and has no file")
    if blob.is_meta:
        return
    try:
        values = read_numbers(filler.file, blob.numel(), "weights in the blob")
    except ValueError as error:
        raise ValueError(f"names the file '{filler.file}', {error}") from None
    blob.copy_(torch.tensor(values).reshape(blob.shape))


def cosines_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The cosines of the two-dimensional DCT of a K x K block, K in the type's name, row by row.

    Source: dct4 to dct8 of GuanshuoXu/caffe_deep_learning_for_steganalysis, which reads them from a
    file that is not published: the order of the K * K outputs is assumed.
    """
    size = int(filler.type.removeprefix("dct"))
    if blob.shape != (size * size, 1, size, size):
        raise ValueError(f"is of type '{filler.type}'; the blob must have the shape "
                         f"{(size * size, 1, size, size)} and has {tuple(blob.shape)}")
    number = torch.arange(size, dtype=torch.float64)
    waves = (math.pi / size * number[:, None] * (number + 0.5)).cos() * math.sqrt(2 / size)
    waves[0] /= math.sqrt(2)
    blob.copy_(torch.einsum("uy,vx->uvyx", waves, waves).reshape(blob.shape))


def radial_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Xavier's numbers, of which the first filters have one number for cells around their middle.

    Of these filters, a share symmetric_fraction, the cells at +-(x, y, z) from the middle, x, y and
    z not negative, have one number for all orders of x, y and z, as in the original.
    Source: RadialFiller in filler.hpp of gnina/gnina.
    """
    size = blob.shape[-1]
    if blob.dim() != 5 or len(set(blob.shape[2:])) != 1 or size % 2 == 0:
        raise ValueError(f"is radial; the blob must have 5 axes and a cube of an odd size as "
                         f"kernel, not the shape {tuple(blob.shape)}")
    share = filler.symmetric_fraction
    if not 0 <= share <= 1:
        raise ValueError(f"has symmetric_fraction {share:g}; it must be from 0 to 1")
    xavier_(blob, filler, generator)
    away = torch.cartesian_prod(*[torch.arange(size) - size // 2] * 3)
    one_sided = (away >= 0).all(1) | (away <= 0).all(1)
    like = away.abs().sort(1, descending=True)[0] + size // 2
    like = (like[:, 0] * size + like[:, 1]) * size + like[:, 2]
    like = torch.where(one_sided, like, torch.arange(size ** 3))
    filters = blob[:int(len(blob) * share)].flatten(2)
    blob[:len(filters)] = filters[..., like].reshape(len(filters), *blob.shape[1:])


FILLERS: dict[str, Callable[[Tensor, FillerParameter, torch.Generator], None]] = {
    "constant": constant_, "uniform": uniform_, "gaussian": gaussian_,
    "positive_unitball": positive_unitball_, "xavier": xavier_, "msra": msra_,
    **dict.fromkeys(("bilinear", "bilinear_upsampling"), bilinear_),     # ParseNet's name of it
    "thrlinear": thrlinear_, "identity": identity_, "eye": eye_,
    "diagonal": diagonal_, "value": value_,
    "gaussian_unitball": gaussian_unitball_, "orthogonal": orthogonal_, "gabor": gabor_,
    "file": file_, "radial": radial_, "xy": xy_, "sequence": sequence_,
    **dict.fromkeys(("dct4", "dct5", "dct6", "dct7", "dct8"), cosines_),
}
