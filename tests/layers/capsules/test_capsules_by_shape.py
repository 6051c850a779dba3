"""Shapes of capsule layers whose numbers are not known."""

import pytest

from framework.errors import SpecError
from tests.support import make, noise

WINDOW = ("input_h: 4 input_w: 3 stride: 2 kh: 3 kw: 2 input_capsule_num: 3 output_capsule_num: 2 "
          "input_capsule_shape { dim: 1 dim: 5 }")
ROUTING = f"capsule_deconv_routing_param {{ {WINDOW} }}"
TRANSFORM = (f"capsule_deconv_transform_param {{ {WINDOW} output_capsule_shape {{ dim: 1 "
             "dim: 4 } }")
DYNAMIC = ("dr_param { input_capsule_num: 6 output_capsule_num: 4 output_capsule_dim: 5 "
           "routing_num: 3 }")


@pytest.mark.parametrize("kind, param, bottom, top, blobs", [
    ("DynamicRouting", DYNAMIC, (2, 6, 20), (2, 4, 5), [(100, 4, 6)]),
    # 4 rows and 3 columns, 2 apart, of windows of 3 x 2: 9 x 6 cells
    ("CapsuleDeconvRouting", ROUTING, (2, 3, 12, 5), (2, 2, 54, 5), [(3, 12)]),
    ("CapsuleDeconvTransform", TRANSFORM, (2, 2, 54, 5), (2, 2, 54, 4), [(12, 5, 4), (432,)])])
def test_capsule_layers_have_the_shapes_of_the_original_and_no_numbers(kind, param, bottom, top,
                                                                       blobs):
    layer = make(kind, param, bottom)
    assert layer.top_shapes(bottom) == [top]
    assert [tuple(blob.shape) for blob in layer.blobs] == blobs
    with pytest.raises(SpecError, match=f"'{kind}' is known by its shapes only"):
        layer(noise(bottom))
    with pytest.raises(SpecError, match="by the text an item has"):
        make(kind, param, (2, 7))
