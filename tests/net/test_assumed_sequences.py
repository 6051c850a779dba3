"""What a look at a net without data assumes of sequences in files, and of pairs of a module."""

import pytest

from tests.net.looks import census_of

S2VT = """layer { name: "data" type: "HDF5Data" top: "cont" top: "words" top: "target" top: "stage"
  top: "frames" hdf5_data_param { source: "list" batch_size: 6 } }
layer { name: "stages" type: "Reshape" bottom: "stage" top: "stages"
  reshape_param { shape { dim: 6 dim: 4 dim: 1 } } }
layer { name: "images" type: "InnerProduct" bottom: "frames" top: "images"
  inner_product_param { num_output: 5 axis: -1 } }
layer { name: "e" type: "Embed" bottom: "words" top: "e"
  embed_param { num_output: 7 input_dim: 9 } }
layer { name: "drop" type: "Dropout" bottom: "e" top: "e" }
layer { name: "joined" type: "Concat" concat_param { concat_dim: 2 }
  bottom: "images" bottom: "e" bottom: "stages" top: "joined" }
layer { name: "lstm" type: "LSTM" bottom: "joined" bottom: "cont" top: "h"
  recurrent_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "h" bottom: "target"
  softmax_param { axis: 2 } }
"""


def test_words_and_frames_have_the_streams_of_what_they_are_joined_with(tmp_path):
    (census,) = census_of(tmp_path, S2VT, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert census.rows[0].shapes == ((6, 4), (6, 4), (6, 4, 1), (6, 4), (6, 4, 1))
    joined = next(row for row in census.rows if row.name == "joined")
    assert joined.shapes == ((6, 4, 5 + 7 + 1),)


def pieces(blob, axis=0, number=3):
    """A blob in a column of videos, sliced into videos and joined beside each other."""
    tops = [f"{blob}{index}" for index in range(number)]
    return (f'layer {{ name: "slice_{blob}" type: "Slice" bottom: "{blob}" '
            + " ".join(f'top: "{top}"' for top in tops)
            + f' slice_param {{ axis: {axis} }} }}\nlayer {{ name: "joined_{blob}" type: "Concat" '
            + " ".join(f'bottom: "{top}"' for top in tops) + f' top: "joined_{blob}" }}\n')


VIDEOS = """layer { name: "images" type: "Input" top: "images" input_param { shape {
    dim: 4 dim: 3 dim: 5 } } }
layer { name: "data" type: "HDF5Data" top: "cont" top: "words" top: "target" top: "stage"
  hdf5_data_param { source: "list" batch_size: 12 } }
layer { name: "e" type: "Embed" bottom: "words" top: "e"
  embed_param { num_output: 7 input_dim: 9 } }
""" + pieces("e") + pieces("cont") + pieces("stage") + pieces("target") + """
layer { name: "stages" type: "Reshape" bottom: "joined_stage" top: "stages"
  reshape_param { shape { dim: 4 dim: 3 dim: 1 } } }
layer { name: "all" type: "Concat" concat_param { axis: 2 } bottom: "images" bottom: "joined_e"
  bottom: "stages" top: "all" }
layer { name: "lstm" type: "LSTM" bottom: "all" bottom: "joined_cont" top: "h"
  recurrent_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "h" bottom: "joined_target"
  softmax_param { axis: 2 } }
"""


def test_a_column_of_videos_that_is_cut_and_joined_is_traced_back_to_its_file(tmp_path):
    (census,) = census_of(tmp_path, VIDEOS, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    data = next(row for row in census.rows if row.name == "data")
    assert data.shapes == ((12, 1),) * 4
    assert next(row for row in census.rows if row.name == "all").shapes == ((4, 3, 13),)


def test_pieces_joined_by_fours_where_the_net_has_threes_do_not_fit(tmp_path):
    text = VIDEOS.replace(pieces("e"), pieces("e", number=4))
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert not census.built and "layer 'all' (Concat)" in census.problems[0]


PAIRS = """layer { name: "data" type: "MemoryData" top: "x" top: "label"
  memory_data_param { batch_size: 4 channels: 3 height: 5 width: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 6 } }
layer { name: "split" type: "Python" bottom: "ip" bottom: "label" top: "a" top: "b" top: "same"
  python_param { module: "my_pairs" layer: "Pairs" } }
layer { name: "loss" type: "ContrastiveLoss" bottom: "a" bottom: "b" bottom: "same" top: "loss" }
"""


def test_pairs_of_a_module_that_is_not_run_are_features_and_a_label_each(tmp_path):
    (census,) = census_of(tmp_path, PAIRS, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert next(row for row in census.rows if row.name == "split").shapes == (
        (4, 6), (4, 6), (4,))


def test_a_reshape_that_copies_the_items_says_how_many_labels_each_has(tmp_path):
    text = """layer { name: "data" type: "Python" top: "x" top: "label"
  python_param { module: "my_data" layer: "D" param_str: "{'batch_size': 4}" } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 14 } }
layer { name: "labels" type: "Reshape" bottom: "label" top: "labels"
  reshape_param { shape { dim: 0 dim: 1 dim: 7 dim: 1 } } }
layer { name: "scores" type: "Reshape" bottom: "ip" top: "scores"
  reshape_param { shape { dim: 0 dim: 2 dim: 7 dim: 1 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "labels" }
"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and "'label' assumed to be (4, 7)" in census.assumed


LANDMARKS = """layer { name: "faces" type: "Data" top: "x" top: "cuts"
  transform_param { crop_size: 24 } data_param { source: "faces" batch_size: 4
  get_mirror_crop: true } }
layer { name: "marks" type: "Data" top: "marks" data_param { source: "m" batch_size: 4 } }
layer { name: "order" type: "Data" top: "order" data_param { source: "o" batch_size: 4 } }
layer { name: "moved" type: "AlignDataTransform" bottom: "marks" bottom: "cuts" bottom: "order"
  top: "moved" }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 10 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "moved" }
"""


def test_landmarks_that_move_with_a_face_are_as_many_as_are_predicted(tmp_path):
    (census,) = census_of(tmp_path, LANDMARKS, phase="TRAIN", skip_data=True)
    assert census.problems == [] and "'marks' assumed to be (4, 10)" in census.assumed


@pytest.mark.parametrize("text, shape", [
    ("2,3,16,112,120", (2, 3, 16, 112, 120)), ("(4, 1, 6)", (4, 1, 6)), ("2,3", (1, 3, 224, 224)),
    ("2,0,4,4", (1, 3, 224, 224))])
def test_data_of_a_module_have_the_shape_that_is_all_their_parameters(tmp_path, text, shape):
    """sunnycia/scripts, whose clips are sized so."""
    (census,) = census_of(tmp_path, f"""
layer {{ name: "d" type: "Python" top: "x" python_param {{ module: "m" layer: "D"
  param_str: "{text}" }} }}
layer {{ name: "r" type: "ReLU" bottom: "x" top: "r" }}""", skip_data=True)
    assert census.rows[-1].shapes == (shape,)


CAPTIONS = """layer { name: "x" type: "Data" top: "x" data_param { batch_size: 5 }
  transform_param { crop_size: 9 } include { phase: TRAIN %s } }
layer { name: "h5" type: "HDF5Data" top: "cont" top: "words" top: "label"
  hdf5_data_param { batch_size: 4 } include { phase: TRAIN %s } }
layer { name: "e" type: "Embed" bottom: "words" top: "e"
  embed_param { num_output: 6 input_dim: 9 } }
layer { name: "lstm" type: "LSTM" bottom: "e" bottom: "cont" bottom: "x" top: "h"
  recurrent_param { num_output: 7 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "h" bottom: "label"
  softmax_param { axis: 2 } }
"""


@pytest.mark.parametrize("stages", [("", ""), ('stage: "a"', 'stage: "b"')])
def test_sequences_in_files_have_as_many_streams_as_the_images_that_they_go_with(tmp_path, stages):
    (census,) = census_of(tmp_path, CAPTIONS % stages, skip_data=True)
    assert census.problems == [] and census.stages == (("a", "b") if stages[0] else ())
    assert census.rows[1].shapes == ((4, 5), (4, 5), (4, 5, 1))


SEQUENCE = """layer { name: "x" type: "Data" top: "x" data_param { batch_size: 12 }
  transform_param { crop_size: 9 } }
layer { name: "r" type: "Reshape" bottom: "x" top: "r"
  reshape_param { shape { dim: 4 dim: 3 dim: 243 } } }
layer { name: "h5" type: "HDF5Data" top: "cont" top: "label" hdf5_data_param { batch_size: 4 } }
layer { name: "lstm" type: "LSTM" bottom: "r" bottom: "cont" top: "h"
  recurrent_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "h" bottom: "label"
  softmax_param { axis: 1 } }
layer { name: "accuracy" type: "Accuracy" bottom: "h" bottom: "label" top: "accuracy" }
"""


def test_sequence_marks_and_labels_in_files_are_assumed_to_fit_what_reads_them(tmp_path):
    (census,) = census_of(tmp_path, SEQUENCE, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert "'cont' assumed to be (4, 3), 'label' assumed to be (4, 1, 5)" in census.assumed


def test_images_have_as_many_columns_as_a_sequence_has_steps(tmp_path):
    """bleedingfight/caffe-env: columns of maps are the steps of an LSTM."""
    text = """layer { name: "d" type: "Data" top: "x" top: "y" data_param { batch_size: 3 } }
layer { name: "i" type: "ContinuationIndicator" top: "cont"
  continuation_indicator_param { time_step: 9 batch_size: 3 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 2 kernel_size: 4 stride: 4 } }
layer { name: "p" type: "Permute" bottom: "c" top: "p"
  permute_param { order: 3 order: 0 order: 1 order: 2 } }
layer { name: "l" type: "LSTM" bottom: "p" bottom: "cont" top: "l"
  recurrent_param { num_output: 5 } }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.built
    assert census.rows[0].shapes == ((3, 3, 36, 36), (3,))
    assert census.rows[-1].shapes == ((9, 3, 5),)


def test_numbers_of_a_file_beside_a_row_are_a_row(tmp_path):
    """ronghanghu/natural-language-object-retrieval: features and the coordinates of a box."""
    text = """layer { name: "d" type: "HDF5Data" top: "box" hdf5_data_param { source: "l"
  batch_size: 4 } }
layer { name: "x" type: "Data" top: "x" top: "y" data_param { batch_size: 4 } }
layer { name: "f" type: "InnerProduct" bottom: "x" top: "f" inner_product_param { num_output: 5 } }
layer { name: "j" type: "Concat" bottom: "f" bottom: "box" top: "j" }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert census.problems == [] and census.rows[-1].shapes == ((4, 5 + 3),)
    assert "'box' assumed to be (4, 3)" in census.assumed
