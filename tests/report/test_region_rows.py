"""A look at a net without its data gives layers of regions the rows they need."""

import pytest

from framework.report.net_summary import Selection, take_census

NET = """
layer { name: "d" type: "Python" top: "data" top: "rois" top: "labels"
  python_param { module: "action_data" layer: "Data" } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2
  kernel_size: 16 stride: 16 } }
layer { name: "p" type: "ROIPooling" bottom: "c" bottom: "rois" top: "p"
  roi_pooling_param { pooled_h: 3 pooled_w: 3 spatial_scale: 0.0625 } }
layer { name: "e" type: "ExtractPrimary" bottom: "p" top: "first" top: "others"
  extract_primary_param { ims_per_batch: 2 } }
layer { name: "r" type: "ReLU" bottom: "others" top: "others" }
layer { name: "s" type: "InnerProduct" bottom: "others" top: "s"
  inner_product_param { num_output: 5 } }
"""
BEST = """
layer { name: "o" type: "SecondaryRegionsOpScores" bottom: "s" top: "o"
  secondary_regions_op_scores_param { n_secondary_regions: 3 } }
"""


BAGS = """
layer { name: "m" type: "MIL" bottom: "s" top: "m" mil_param { context_per_roi: 10 } }
"""


def test_a_bag_has_as_many_regions_as_its_layer_says(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(NET.replace('bottom: "others" top: "s"', 'bottom: "p" top: "s"') + BAGS)
    (census,) = take_census(path, Selection())
    assert census.problems == [] and "'rois' assumed to be (10, 5)" in census.assumed
    assert {row.name: row.shapes for row in census.rows}["m"] == ((1, 5, 1, 1),)


@pytest.mark.parametrize("text, regions, others", [(NET, 4, 2), (NET + BEST, 8, 6)])
def test_regions_are_as_many_as_the_layers_after_them_want(tmp_path, text, regions, others):
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    (census,) = take_census(path, Selection())
    assert census.problems == [] and f"'rois' assumed to be ({regions}, 5)" in census.assumed
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["p"] == ((regions, 2, 3, 3),)
    assert shapes["e"] == ((2, 2, 3, 3), (others, 2, 3, 3))
    if text != NET:
        assert shapes["o"] == ((2, 5),)


POOLED = NET.split('layer { name: "e"')[0].replace('"rois" top: "p"', '"all" top: "p"')
OWN = """layer { name: "i" type: "Input" top: "own" input_param { shape { dim: 2 dim: 5 } } }
layer { name: "j" type: "Concat" bottom: "own" bottom: "rois" top: "all" concat_param { axis: 0 } }
"""
CUT = POOLED.replace('layer { name: "p"', f'{OWN}layer {{ name: "p"') + """
layer { name: "s" type: "Slice" bottom: "p" top: "first" top: "others"
  slice_param { axis: 0 slice_point: 6 } }
"""


def test_a_cut_of_regions_that_are_joined_to_others_has_a_row_after_it(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(CUT)
    (census,) = take_census(path, Selection())
    assert census.problems == [] and "'rois' assumed to be (5, 5)" in census.assumed
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["s"] == ((6, 2, 3, 3), (1, 2, 3, 3))
