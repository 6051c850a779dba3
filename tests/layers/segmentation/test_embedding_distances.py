"""Im2dist, Im2parity and DistLoss, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.segmentation.embedding_distances import FAR
from tests.layer_examples import whole
from tests.support import make, noise


def cells_of(kernel, stride, pad, dilation, height, width):
    """Each top cell (channel, row, column), its center and its cell in the image."""
    rows = (height + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    columns = (width + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    for i, j, y, x in np.ndindex(kernel, kernel, rows, columns):
        corner = y * stride - pad, x * stride - pad
        center = tuple(at + kernel // 2 * dilation for at in corner)
        yield (i * kernel + j, y, x), center, (corner[0] + i * dilation, corner[1] + j * dilation)


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("kernel, stride, pad, dilation, flags", [
    (3, 1, 1, 1, ""), (3, 2, 3, 2, "remove_center: true"), (2, 1, 2, 1, "remove_bounds: true")])
def test_distances_are_to_all_cells_of_the_window(kernel, stride, pad, dilation, flags, norm):
    x = noise(2, 3, 6, 5)
    text = (f"convolution_param {{ kernel_size: {kernel} stride: {stride} pad: {pad} dilation: "
            f"{dilation} }} im2dist_param {{ norm: {norm} {flags} }}")
    top = make("Im2dist", text, (2, 3, 6, 5))(x).detach().numpy()
    image = x.detach().numpy()

    def is_inside(at):
        return 0 <= at[0] < 6 and 0 <= at[1] < 5

    seen = 0
    for at, center, cell in cells_of(kernel, stride, pad, dilation, 6, 5):
        for n in range(2):
            seen += 1
            wanted = 0.0
            if is_inside(center):
                if "center" in flags and cell == center:
                    wanted = FAR
                elif is_inside(cell):
                    away = image[n, :, center[0], center[1]] - image[n, :, cell[0], cell[1]]
                    wanted = (away ** 2).sum() / 2 if norm == "L2" else np.abs(away).sum()
                elif "bounds" in flags:
                    wanted = FAR
            assert top[(n, *at)] == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert seen == top.size


@pytest.mark.parametrize("pad, dilation", [(1, 1), (4, 2)])
def test_labels_are_compared_with_those_of_the_window(pad, dilation):
    labels = whole(2, 1, 6, 5, below=3)
    labels[0, 0, 2, 3] = 255
    text = (f"convolution_param {{ kernel_size: 3 pad: {pad} dilation: {dilation} }} "
            "im2parity_param { ignore_label: 255 }")
    top = make("Im2parity", text, (2, 1, 6, 5))(labels).numpy()
    for at, center, cell in cells_of(3, 1, pad, dilation, 6, 5):
        for n in range(2):
            if not (0 <= center[0] < 6 and 0 <= center[1] < 5):
                assert top[(n, *at)] == 0
                continue
            inside = 0 <= cell[0] < 6 and 0 <= cell[1] < 5
            here = labels[(n, 0, *cell)].item() if inside else 0
            middle = labels[(n, 0, *center)].item()
            assert top[(n, *at)] == (255 if 255 in (here, middle) else here == middle)


def test_distances_of_one_class_are_short_and_of_two_long():
    distances = noise(2, 3, 2, 2) * 2
    same = whole(2, 3, 2, 2, below=2)
    same[1, 0] = 255
    layer = make("DistLoss", "dist_loss_param { alpha: 0.5 beta: 1.5 ignore_label: 255 }",
                 *[(2, 3, 2, 2)] * 2)
    (gradient,) = torch.autograd.grad(layer(distances, same), distances)
    total, wanted = 0.0, np.zeros((2, 3, 2, 2))
    for at in np.ndindex(2, 3, 2, 2):
        d = distances[at].item()
        if same[at] == 255:
            continue
        margin = max(0, d - 0.5) if same[at] else -max(0, 1.5 - d)
        total, wanted[at] = total + abs(margin), margin / 24
    assert layer(distances, same).item() == pytest.approx(total / 24)
    np.testing.assert_allclose(gradient.numpy(), wanted, atol=1e-12)
    with pytest.raises(SpecError, match="beta is 1 and alpha 2; it must be 0 < alpha < beta"):
        make("DistLoss", "dist_loss_param { alpha: 2 beta: 1 }", *[(2, 3, 2, 2)] * 2)
    assert torch.isfinite(gradient).all()
