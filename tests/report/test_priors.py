"""Prior boxes for a data set: which match its boxes, which sizes are better, what a cell sees."""

from pathlib import Path

import numpy as np

from framework.net.net import Net
from framework.report.data_survey import Survey
from framework.report.prior_makers import prior_makers
from framework.report.prior_match import PriorLayer, match_boxes
from framework.report.prior_report import better_makers, list_unmatched
from framework.report.receptive_field import receptive_fields

ROOT = Path(__file__).resolve().parents[2]


def boxes_of(shapes, size=(240, 320)):
    """Corners of boxes (width, height in pixels of an input) all over it, in parts of it."""
    generator = np.random.default_rng(3)
    extents = np.array(shapes, np.float32)[generator.integers(0, len(shapes), 400)] / size[::-1]
    low = generator.random((400, 2)) * (1 - extents)
    return np.concatenate([low, low + extents], 1).astype(np.float32)


def own_makers(sizes):
    """The PriorBox layers of ssd_bccd's net, each with (min_size, max_size) and what its cells see:
    39, 119 and 211 pixels."""
    makers = prior_makers(Net(ROOT / "prototxt" / "ssd_bccd" / "deploy.prototxt", "TEST"))
    return [maker.changed(min_size=[low], max_size=[high])
            for maker, (low, high) in zip(makers, sizes, strict=True)]


def test_boxes_are_matched_by_their_largest_overlap():
    small = PriorLayer("small", np.float32([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]), (50,), ())
    large = PriorLayer("large", np.float32([[0, 0, 1, 1]]), (100,), ())
    boxes = np.float32([[0, 0, 0.5, 0.25], [0, 0, 1, 0.9], [0.5, 0.5, 1, 1], [0, 0, 0, 0]])
    match = match_boxes(boxes, [small, large])
    np.testing.assert_allclose(match.overlaps, [0.5, 0.9, 1, 0], rtol=1e-6)
    np.testing.assert_array_equal(match.layers[:3], [0, 1, 0])


def test_boxes_that_no_prior_matches_are_named_by_their_class(capsys):
    """`label 3` said nothing to the reader of a page whose other lines have names."""
    boxes = np.float32([[1, 0, 0, 0, 0.5, 0.25, 0], [3, 0, 0.5, 0.5, 0.75, 1, 0]])
    found = Survey("db", names=["a.jpg", "b.jpg"], boxes=boxes, records=np.array([0, 1]))
    layer = PriorLayer("all", np.float32([[0, 0, 0.5, 0.25]]), (1,), ())
    match = match_boxes(found.corners, [layer])
    list_unmatched(found, match, 0.5, {1: "cat", 3: "dog"})
    list_unmatched(found, match, 1.5, {})
    assert capsys.readouterr().out == (
        "  1 box that no prior matches; the worst:\n"
        "    b.jpg: dog, 0.500 0.500 0.750 1.000, overlap 0.00\n"
        "  2 boxes that no prior matches; the worst:\n"
        "    b.jpg: label 3, 0.500 0.500 0.750 1.000, overlap 0.00\n"
        "    a.jpg: label 1, 0.000 0.000 0.500 0.250, overlap 1.00\n")


def test_long_boxes_that_no_square_matches_get_an_aspect_ratio():
    corners = boxes_of([(60, 15), (14, 56)])
    makers = own_makers([(16, 28), (40, 76), (84, 160)])
    others = better_makers(corners, makers, (240, 320), 0.5)
    matched = [(match_boxes(corners, [maker.priors() for maker in some]).overlaps >= 0.5).mean()
               for some in (makers, others)]
    assert matched[0] < 0.1 and matched[1] > 0.9
    ratios = {ratio for maker in others
              for ratio in maker.layer.spec.proto.prior_box_param.aspect_ratio}
    assert max(ratios) >= 3                     # those of the boxes are 4


def test_no_size_is_proposed_that_a_cell_cannot_see():
    corners = boxes_of([(100, 100), (130, 130)])
    makers = own_makers([(10, 12), (14, 16), (18, 20)])
    others = better_makers(corners, makers, (240, 320), 0.5)
    assert others[0] is makers[0]               # its cells see 39 x 39 pixels
    for maker in others[1:]:
        if maker not in makers:
            sizes = maker.layer.spec.proto.prior_box_param.max_size
            assert max(sizes) <= min(maker.field)


def test_a_layer_that_matches_its_boxes_keeps_its_priors():
    corners = boxes_of([(20, 20), (22, 22), (50, 50), (120, 30)])
    makers = own_makers([(18, 24), (46, 56), (84, 160)])
    others = better_makers(corners, makers, (240, 320), 0.5)
    assert others[0] is makers[0]
    assert any(other is not maker for other, maker in zip(others, makers, strict=True))


def test_a_receptive_field_grows_by_the_steps_of_the_layers_before(tmp_path):
    # by hand: 3; +2 = 5 at step 1; pool 2/2: 6; a 3 dilated by 2 at step 2: +8 = 14; the branch of
    # a 5 at step 2 and its sum: 14; pool of all: the image
    (tmp_path / "n.prototxt").write_text("""
        layer { name: "i" type: "Input" top: "data" input_param { shape { dim: [1, 3, 40, 60] } } }
        layer { name: "a" type: "Convolution" bottom: "data" top: "a"
                convolution_param { num_output: 2 kernel_size: 3 pad: 1 } }
        layer { name: "b" type: "Convolution" bottom: "a" top: "b"
                convolution_param { num_output: 2 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 0 } }
        layer { name: "p" type: "Pooling" bottom: "b" top: "p"
                pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "c" type: "Convolution" bottom: "p" top: "c"
                convolution_param { num_output: 2 kernel_size: 3 pad: 2 dilation: 2 } }
        layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
        layer { name: "s" type: "Eltwise" bottom: "p" bottom: "c" top: "s" }
        layer { name: "g" type: "Pooling" bottom: "s" top: "g"
                pooling_param { global_pooling: true } }""")
    fields = receptive_fields(Net(tmp_path / "n.prototxt"))
    assert fields["a"] == (3, 3) and fields["b"] == (3, 5) and fields["p"] == (4, 6)
    assert fields["c"] == (12, 14) and fields["s"] == (12, 14)
    assert fields["g"] == (12 + 29 * 2, 14 + 19 * 2)
