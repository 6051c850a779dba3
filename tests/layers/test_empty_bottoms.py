"""A batch without items, or a blob without rows: a top, or an error of one line."""

import pytest
import torch

from framework.errors import CaffeError
from framework.ops.by_item import by_item
from tests import community_examples, layer_examples
from tests.support import layer_text, make, net_from, noise, run

FIRST = {one.kind: one for one in reversed((*layer_examples.EXAMPLES,
                                            *community_examples.EXAMPLES)) if one.bottoms}


def run_empty(example, empty):
    """Forward and backward of a net of one layer, the bottoms of `empty` without items."""
    bottoms = [bottom.detach().float() for bottom in example.tensors()]
    bottoms = [bottom[:0] if index in empty and bottom.dim() else bottom
               for index, bottom in enumerate(bottoms)]
    net = net_from("force_backward: true " + layer_text(
        example.kind, example.param, [tuple(one.shape) for one in bottoms], example.tops),
        example.phase)
    with torch.no_grad():
        for index, blob in enumerate(net.params.get("layer", [])):
            blob.copy_(noise(tuple(blob.shape), seed=index).abs() + 0.5)
    inputs = {f"bottom{index}": bottom.requires_grad_() for index, bottom in enumerate(bottoms)}
    tops = [top for name, top in net.run(inputs).items() if name.startswith("top")]
    total = [top.sum() for top in tops if top.requires_grad]
    if total:
        torch.stack(total).sum().backward()
    return tops


@pytest.mark.parametrize("example", FIRST.values(), ids=FIRST)
def test_without_items_a_layer_gives_a_top_or_an_error_of_one_line(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    count = len(example.bottoms)
    for empty in {frozenset(range(count)), frozenset([count - 1])}:
        try:
            run_empty(example, empty)
        except CaffeError as error:
            assert "\n" not in str(error)


def test_the_error_of_an_empty_bottom_names_layer_blob_and_shape():
    text = layer_text("EntropyPack", "entropy_pack_param { kernel: 3 channels: 2 samples: 2 }",
                      [(2, 3, 5, 4)], 2)
    net = net_from(text, "TRAIN")
    with pytest.raises(CaffeError, match=r"layer 'layer' \(EntropyPack\): bottom has no values in "
                       r"'bottom0' \(0, 3, 5, 4\); EntropyPack needs one at least"):
        net.run({"bottom0": torch.zeros(0, 3, 5, 4)})


def test_a_net_of_an_empty_bottom_that_cannot_be_is_refused_with_its_shape():
    text = layer_text("SetLoss2", "", [(0, 5), (0,)], 1)
    with pytest.raises(CaffeError, match=r"no values in 'bottom0' \(0, 5\), 'bottom1' \(0,\)"):
        net_from(text, "TRAIN")


def test_an_error_with_values_in_all_bottoms_stays_what_it_is():
    net = net_from(layer_text("InnerProduct", "num_output: 2", [(2, 3, 4)], 1), "TRAIN")
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        net.run({"bottom0": torch.zeros(2, 3, 5)})
    assert not isinstance(caught.value, CaffeError)


@pytest.mark.parametrize("kind, param, shapes, top", [
    ("CompactBilinear", "num_output: 6", ((0, 3, 5, 4), (0, 2, 5, 4)), (0, 6, 1, 1)),
    ("CompactBilinear", "num_output: 6 sum_pool: false", ((0, 3, 5, 4), (0, 2, 5, 4)),
     (0, 6, 5, 4)),
    ("ArgMax", "", ((0, 3, 5, 4),), (0, 1, 1, 1)),
    ("Im2col", "convolution_param { kernel_size: 3 }", ((0, 3, 5, 4),), (0, 27, 3, 2)),
    ("HingeLoss", "", ((0, 5), (0,)), ()),
    ("PixelShuffle", "pixelshuffle_param { upscale_factor: 2 }", ((0, 12, 5, 4),), (0, 3, 10, 8)),
])
def test_the_top_of_an_empty_bottom_has_the_shape_of_the_definition(kind, param, shapes, top):
    bottoms = [torch.zeros(shape).double() for shape in shapes]
    found, = run(make(kind, param, *shapes), bottoms)
    assert found.shape == top


def test_what_is_left_of_an_item_is_known_without_items():
    assert by_item(torch.zeros(0, 6, 5), -1).shape == (0, 30)
    assert by_item(torch.zeros(0, 6, 5), 2, -1, 5).shape == (0, 2, 3, 5)
    x = noise((2, 6, 5)).detach()
    assert torch.equal(by_item(x, 2, -1), x.reshape(2, 2, -1))
