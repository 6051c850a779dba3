"""Mean and standard deviation of box offsets, by bbox_reg_param of cascade-rcnn."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec


def mean_and_deviation(spec: LayerSpec) -> tuple[list[float], list[float]]:
    """bbox_reg_param's bbox_mean and bbox_std of x y w h; 0 and 1 unless both are given.

    Raises SpecError unless there are four of each and no deviation is 0.
    """
    param = spec.proto.bbox_reg_param
    mean, deviation = list(param.bbox_mean), list(param.bbox_std)
    if not mean or not deviation:
        return [0.0] * 4, [1.0] * 4
    if len(mean) != 4 or len(deviation) != 4 or min(deviation) <= 0:
        raise spec.error("bbox_reg_param", f"has the means {mean} and the deviations {deviation}; "
                         "there must be four of each, and no deviation 0")
    return mean, deviation


def adjusted(moves: Tensor, mean: Sequence[float], deviation: Sequence[float]) -> Tensor:
    """Offsets (..., 4) times their deviation plus their mean."""
    return moves * moves.new_tensor(deviation) + moves.new_tensor(mean)
