"""What a look at a net without data assumes of Python layers whose modules do not run."""

import pytest

from framework import Net, parse_net
from framework.errors import SpecError
from framework.net.python_shapes import PYTHON_SHAPES
from tests.net.looks import census_of, python_layer

FASTER_RCNN = python_layer(
    "roi_data_layer.layer", "RoIDataLayer", [], ["data", "im_info", "gt_boxes"],
    "'num_classes': 21") + """
layer { name: "c" type: "Convolution" bottom: "data" top: "score" convolution_param {
  num_output: 18 kernel_size: 16 stride: 16 } }
layer { name: "o" type: "Convolution" bottom: "data" top: "offset" convolution_param {
  num_output: 36 kernel_size: 16 stride: 16 } }
""" + python_layer("rpn.anchor_target_layer", "AnchorTargetLayer",
                   ["score", "gt_boxes", "im_info", "data"], ["l", "t", "i", "w"],
                   "'feat_stride': 16") + python_layer(
    "rpn.proposal_layer", "ProposalLayer", ["score", "offset", "im_info"], ["rois"],
    "'feat_stride': 16") + python_layer(
    "rpn.proposal_target_layer", "ProposalTargetLayer", ["rois", "gt_boxes"],
    ["r", "labels", "targets", "inside", "outside"], "'num_classes': 21")


def test_python_layers_of_faster_rcnn_count_by_their_shapes(tmp_path):
    (census,) = census_of(tmp_path, FASTER_RCNN, phase="TRAIN")
    assert census.problems == [] and census.built
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["RoIDataLayer"] == ((1, 3, 640, 1024), (1, 3), (1, 5))
    assert shapes["AnchorTargetLayer"] == (
        (1, 1, 9 * 40, 64), (1, 36, 40, 64), (1, 36, 40, 64), (1, 36, 40, 64))
    assert shapes["ProposalTargetLayer"] == (
        (1, 5, 1, 1), (1, 1, 1, 1), *[(1, 84, 1, 1)] * 3)


def test_images_of_rcnn_are_as_stated_where_a_rounded_size_does_not_fit(tmp_path):
    pools = "".join(f"""layer {{ name: "p{i}" type: "Pooling" bottom: "{'data' if i == 0 else
      f'p{i - 1}'}" top: "p{i}" pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}
""" for i in range(4))
    # of 80 rows 40 are left, which give 79 again; of 75 it is 38, which give 75
    text = FASTER_RCNN + pools + """
layer { name: "up" type: "Deconvolution" bottom: "p3" top: "up" convolution_param {
  num_output: 3 kernel_size: 1 stride: 2 } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "p2" top: "crop" crop_param { axis: 2 } }
"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert census.assumed == "images of 600 x 1000 assumed"
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["RoIDataLayer"] == ((1, 3, 600, 1000), (1, 3), (1, 5))
    assert shapes["crop"] == ((1, 3, 75, 125),)
    (census,) = census_of(tmp_path, text.replace("kernel_size: 1 ", "kernel_size: 1 pad: 1 "),
                          phase="TRAIN", skip_data=True)
    assert "a crop of 80 from there goes beyond the bottom's 77" in census.problems[0]


def test_another_size_of_rcnn_s_images_comes_before_another_project_s_reading(tmp_path, caplog):
    # of 640 rows the pooling of dark2caffe leaves 321, so that 81 come again: it would fit too
    steps = "".join(f"""layer {{ name: "c{i}" type: "Convolution" bottom: "{'p' if i == 0 else
      f'c{i - 1}'}" top: "c{i}" convolution_param {{ num_output: 3 kernel_size: 1 stride: 2 }} }}
""" for i in range(3))
    text = FASTER_RCNN + """
layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param {
  pool: MAX kernel_size: 3 stride: 2 } }
""" + steps + """
layer { name: "up" type: "Deconvolution" bottom: "c2" top: "up" convolution_param {
  num_output: 3 kernel_size: 1 stride: 2 } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "c1" top: "crop" crop_param { axis: 2 } }
"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.assumed == "images of 600 x 1000 assumed" and not caplog.text
    assert {row.name: row.shapes for row in census.rows}["crop"] == ((1, 3, 75, 125),)


def test_targets_of_a_pyramids_anchors_have_the_cells_of_all_maps_on_one_axis(tmp_path):
    text = FASTER_RCNN.replace('["score", "gt', '["score", "coarse", "gt').replace(
        'bottom: "score" bottom: "gt_boxes" bottom: "im_info" bottom: "data"',
        'bottom: "score" bottom: "coarse" bottom: "gt_boxes" bottom: "im_info"')
    text = text.replace('layer { name: "o"', """layer { name: "c2" type: "Convolution"
      bottom: "data" top: "coarse" convolution_param { num_output: 18 kernel_size: 32 stride: 32 } }
    layer { name: "o\"""", 1)
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    found = next(row.shapes for row in census.rows if row.name == "AnchorTargetLayer")
    cells = 40 * 64 + 20 * 32
    assert found == ((1, 1, 9 * cells), *[(1, 36, cells)] * 3)


def test_data_of_a_known_module_are_assumed_anew_where_its_own_do_not_fit(tmp_path):
    """ppengtang/oicr reads labels of the whole image by the layer of Fast R-CNN."""
    text = """layer { name: "d" type: "Python" top: "data" top: "rois" top: "labels" python_param {
    module: "roi_data_layer.layer" layer: "RoIDataLayer" param_str: "'num_classes': 20" } }
layer { name: "pool" type: "ROIPooling" bottom: "data" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 20 } }
layer { name: "t" type: "Python" bottom: "ip" top: "label" top: "weight"
  python_param { module: "m" layer: "T" } }
layer { name: "w" type: "WeightedSoftmaxWithLoss" bottom: "ip" bottom: "label" bottom: "weight" }
layer { name: "loss" type: "%s" bottom: "ip" bottom: "labels" }"""
    (census,) = census_of(tmp_path, text % "SigmoidCrossEntropyLoss", phase="TRAIN", skip_data=True)
    assert census.problems == []
    assert census.rows[0].shapes == ((1, 3, 224, 224), (1, 5), (1, 20))
    assert census.rows[3].shapes == ((1, 1), (1, 1))     # a label and a weight
    assert "modules not run: 'roi_data_layer.layer' 'm'" in census.assumed
    (census,) = census_of(tmp_path, text % "SoftmaxWithLoss", phase="TRAIN", skip_data=True)
    assert census.rows[0].shapes == ((2, 3, 640, 1024), (1, 5), (1,))


UNKNOWN_PYTHON = """layer { name: "d" type: "Python" top: "x" top: "label"
  python_param { module: "my_data" layer: "D" param_str: "{'batch_size': 5}" } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "loss" }
layer { name: "mine" type: "Python" bottom: "c" top: "mine" loss_weight: 1
  python_param { module: "my_loss" layer: "L" } }
"""


def test_python_layers_of_unknown_modules_are_assumed_where_their_shapes_are_free(tmp_path):
    (census,) = census_of(tmp_path, UNKNOWN_PYTHON, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["d"] == ((5, 3, 224, 224), (5, 1, 111, 111)) and shapes["mine"] == ((1,),)
    assert "modules not run: 'my_data' 'my_loss'" in census.assumed
    (census,) = census_of(tmp_path, UNKNOWN_PYTHON, phase="TRAIN", skip_data=False)
    assert "--import my_data runs it" in census.problems[0]


def test_outputs_of_modules_that_are_not_run_are_as_large_as_what_reads_them_needs(tmp_path):
    """As proposals of a module of another name: regions, labels and targets of boxes."""
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape {
    dim: 1 dim: 6 dim: 20 dim: 30 } } }
layer { name: "p" type: "Python" bottom: "x" top: "like_x" top: "rois" top: "label" top: "unread"
  python_param { module: "my_proposals" layer: "P" } }
layer { name: "r" type: "ReLU" bottom: "like_x" top: "r" }
layer { name: "pool" type: "ROIPooling" bottom: "r" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == []
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["p"] == ((1, 6, 20, 30), (1, 5), (1, 1), (1,))
    assert shapes["pool"] == ((1, 6, 3, 2),)
    assert "modules not run: 'my_proposals'" in census.assumed
    assert "'rois' assumed to be (1, 5)" in census.assumed
    broken = text + 'layer { name: "c" type: "Concat" bottom: "r" bottom: "pool" top: "c" }'
    (census,) = census_of(tmp_path, broken, phase="TRAIN", skip_data=True)
    assert "(with modules not run: 'my_proposals')" in census.problems[0]


def test_a_known_python_layer_with_other_parameters_is_one_that_is_not_run(tmp_path):
    """As proposals that give the labels of their regions (nnop/mtnet)."""
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape {
    dim: 1 dim: 6 dim: 20 dim: 30 } } }
layer { name: "p" type: "Python" bottom: "x" bottom: "x" bottom: "x" top: "rois" top: "a" top: "b"
  python_param { module: "rpn.proposal_layer" layer: "ProposalLayer" param_str: "%s" } }
layer { name: "pool" type: "ROIPooling" bottom: "x" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }"""
    (census,) = census_of(tmp_path, text % "'feat_stride': 16", phase="TEST", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((1, 6, 3, 2),)
    assert "modules not run: 'rpn.proposal_layer'" in census.assumed
    (census,) = census_of(tmp_path, text % "'num_classes': 4", phase="TEST", skip_data=True)
    assert census.problems == [] and "not run" not in census.assumed


def test_a_module_that_may_run_must_be_there(tmp_path):
    (census,) = census_of(tmp_path, FASTER_RCNN, phase="TRAIN", skip_data=False,
                          modules=("roi_data_layer.layer",))
    assert not census.built
    assert "'roi_data_layer.layer' cannot be imported" in census.problems[0]
    assert "must be on PYTHONPATH" in census.problems[0]
    with pytest.raises(SpecError, match="must be on PYTHONPATH"):
        Net(parse_net(FASTER_RCNN), phase="TRAIN")


def test_a_module_that_nobody_knows_is_refused_with_data(tmp_path):
    (census,) = census_of(tmp_path, python_layer("mine.own", "Secret", [], ["x"]), phase="TRAIN",
                          skip_data=False)
    assert not census.built and "is 'mine.own', whose code is not run" in census.problems[0]


def test_proposals_made_before_come_with_targets_of_each_class(tmp_path):
    tops = ["data", "rois", "labels", "targets", "inside", "outside"]
    text = python_layer("roi_data_layer.layer", "RoIDataLayer", [], tops, "'num_classes': 81")
    (census,) = census_of(tmp_path, text)
    assert census.rows[0].shapes == ((2, 3, 640, 1024), (1, 5), (1,), *[(1, 324)] * 3)


def test_fcn_layers_say_in_param_str_what_their_tops_are(tmp_path):
    text = python_layer("nyud_layers", "NYUDSegDataLayer", [], ["c", "h", "d", "l"],
                        "{'tops': ['color', 'hha', 'depth', 'label'], 'seed': 1337}")
    (census,) = census_of(tmp_path, text)
    assert [shape[1] for shape in census.rows[0].shapes] == [3, 3, 1, 1]


def test_every_known_python_layer_says_what_it_makes():
    assert {type(rule).__name__ for rule in PYTHON_SHAPES.values()} == {"function"}


@pytest.mark.parametrize("module", ["rcnn_layers", "efficient_rcnn_layers"])
def test_regions_and_captions_of_up_down_captioner_are_as_their_classes_reshape_them(tmp_path,
                                                                                  module):
    """As `reshape` of layers/rcnn_layers.py there says, with 2048 features of a region."""
    settings = ("'max_boxes': 7, 'pool': True, 'batch_size': 5, 'sequence_length': 9, "
                "'end_of_sequence': 0, 'ignore_label': 1")
    tops = ["image_id", "num_boxes", "boxes", "features"]
    text = python_layer(module, "RCNNTestDataLayer", [], tops, "{" + settings + "}")
    words = ["image_id", "input_sentence", "target_sentence", *tops[1:]]
    train = python_layer(module, "RCNNCaptionTrainDataLayer", [], words,
                         "{" + settings.replace("'pool': True", "'pool': False") + "}")
    (census,) = census_of(tmp_path, text)
    assert census.rows[0].shapes == ((5, 3), (5, 1), (5, 8, 4), (5, 8, 2048))
    (census,) = census_of(tmp_path, train)
    assert census.rows[0].shapes == ((5, 3), (5, 9), (5, 9), (5, 1), (5, 7, 4), (5, 7, 2048))


def test_captions_of_a_beam_search_are_rows_of_words(tmp_path):
    """As `reshape` of layers/scst_layers.py there says."""
    text = """input: "x" input_shape { dim: 2 dim: 5 } input: "id" input_shape { dim: 2 dim: 3 }
layer { name: "b" type: "BeamSearch" bottom: "x" top: "words" top: "sum" top: "each"
  beam_search_param { beam_size: 3 sequence_length: 4 net: "n" } }
""" + python_layer("scst_layers", "SCSTLayer", ["id", "words"],
                   ["weights", "before", "after", "mean"])
    (census,) = census_of(tmp_path, text)
    assert census.problems == [] and census.rows[-1].shapes == (*[(2 * 3, 4)] * 3, (1,))


def test_each_region_has_a_person_where_the_background_has_a_number(tmp_path):
    """ProposalTargetLayer of ShuangLI59/person_search: its sixth top is a label for each."""
    text = FASTER_RCNN.replace('top: "outside"', 'top: "outside" top: "person"').replace(
        "'num_classes': 21", "'num_classes': 2 'bg_aux_label': 5532")
    (census,) = census_of(tmp_path, text, phase="TRAIN")
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["ProposalTargetLayer"][5] == (1, 1, 1, 1)


@pytest.mark.parametrize("field", ["module", "layer"])
def test_a_python_layer_that_names_no_class_is_refused_in_a_look_too(field, tmp_path):
    """The original ends at `import_(module)` or at the class that the module does not have."""
    text = python_layer("my_loss", "MyLoss", [], ["data"])
    text = text.replace({"module": 'module: "my_loss"', "layer": 'layer: "MyLoss"'}[field], "")
    (census,) = census_of(tmp_path, text, skip_data=True)
    assert f"layer 'MyLoss' (Python): python_param.{field} is missing" in census.problems[0]
