"""Old forms of nets against the same net written in today's form by hand."""

from typing import Any

import pytest

from framework import proto
from framework.definition import prototxt
from framework.definition.prototxt import Document, Lines
from framework.definition.upgrade import upgrade_net
from framework.errors import SpecError


def upgraded(text: str) -> Document:
    document = prototxt.parse(text, "NetParameter", "old.prototxt")
    assert not document.problems, document.problems
    upgrade_net(document)
    return document


def assert_same(document: Document, text: str) -> None:
    expected = prototxt.parse(text, "NetParameter")
    assert prototxt.to_text(document.message) == prototxt.to_text(expected.message)


def test_every_v1_type_has_its_name_of_today():
    # the table of UpgradeV1LayerType in the original
    today = {
        "NONE": "", "ABSVAL": "AbsVal", "ACCURACY": "Accuracy", "ARGMAX": "ArgMax",
        "BNLL": "BNLL", "CONCAT": "Concat", "CONTRASTIVE_LOSS": "ContrastiveLoss",
        "CONVOLUTION": "Convolution", "DATA": "Data", "DECONVOLUTION": "Deconvolution",
        "DROPOUT": "Dropout", "DUMMY_DATA": "DummyData", "EUCLIDEAN_LOSS": "EuclideanLoss",
        "ELTWISE": "Eltwise", "EXP": "Exp", "FLATTEN": "Flatten", "HDF5_DATA": "HDF5Data",
        "HDF5_OUTPUT": "HDF5Output", "HINGE_LOSS": "HingeLoss", "IM2COL": "Im2col",
        "IMAGE_DATA": "ImageData", "INFOGAIN_LOSS": "InfogainLoss",
        "INNER_PRODUCT": "InnerProduct", "LRN": "LRN", "MEMORY_DATA": "MemoryData",
        "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss", "MVN": "MVN",
        "POOLING": "Pooling", "POWER": "Power", "RELU": "ReLU", "SIGMOID": "Sigmoid",
        "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss", "SILENCE": "Silence",
        "SOFTMAX": "Softmax", "SOFTMAX_LOSS": "SoftmaxWithLoss", "SPLIT": "Split", "TANH": "TanH",
        "SLICE": "Slice", "WINDOW_DATA": "WindowData", "THRESHOLD": "Threshold"}
    today |= {  # of projects: DeconvNet, C3D, Fast R-CNN, CRF-RNN, happynear's
        "BN": "BN", "CROP": "AutoCrop", "UNPOOLING": "Unpooling", "ROI_POOLING": "ROIPooling",
        "SMOOTH_L1_LOSS": "SmoothL1Loss", "MULTI_STAGE_MEANFIELD": "MultiStageMeanfield",
        "LOCAL": "Local", "LOCAL_WEIGHTED_CONVOLUTION": "Local", "TOPK": "TopK",
        "RELUPLUS": "ReLUPlus", "VIDEO_DATA": "VideoData",
        "CONVOLUTION3D": "Convolution3D", "DECONVOLUTION3D": "Deconvolution3D",
        "POOLING3D": "Pooling3D", "ELTWISE_ACCURACY": "EltwiseAccuracy",
        "WINDOW_SEG_DATA": "WindowSegData", "IMAGE_SEG_DATA": "ImageSegData",
        "LRN_MAP": "LRN", "SEQ_MEMORY_DATA": "MemoryData", "VOXEL_SOFTMAX": "Softmax",
        "VOXEL_SOFTMAX_LOSS": "VoxelSoftmaxLoss", "ACCURACY_REGRESSION": "AccuracyRegression",
        "VIDEO_SEGMENTATION_DATA": "VideoSegmentationData",
        "VIDEO_WITH_VOXEL_TRUTH_DATA": "VideoWithVoxelTruthData",
        "CLASSIFICATION_STATS": "ClassificationStats", "LSTM": "LstmOfRows",
        "SPATIAL_PYRAMID_POOLING": "SpatialPyramidPooling",
        "SPATIAL_PYRAMID_POOLING_DATA": "SpatialPyramidPoolingData",
        "MCWINDOW_DATA": "MCWindowData", "NAMCWINDOW_DATA": "NAMCWindowData",
        "SEG_ACCURACY": "SegAccuracy", "INTERP": "Interp", "PADDING": "Padding",
        "MAT_WRITE": "MatWrite", "SELECT_SEG_BINARY": "SelectSegBinary",
        "SYMRELU": "SymReLU", "RELUMOD": "ReLUMod", "RECU": "ReCU",
        "CONVOLUTIONSPARSE": "ConvolutionSparse",
        "RESHAPE_VOLUME": "ReshapeVolume",
        "L1_LOSS": "L1Loss", "DATA_HEATMAP": "DataHeatmap",
        "EUCLIDEAN_LOSS_HEATMAP": "EuclideanLossHeatmap", "NORMALIZATION": "Normalization",
        "DATUM_DATA": "DatumData", "SOFTMAX_WITH_VIEW_LOSS": "SoftmaxWithViewLoss",
        "ACCURACY_VIEW": "AccuracyView", "DET_VIEW_SPLIT": "DetViewSplit",
        "TRIPLE_VIEW_SPLIT": "TripleViewSplit",
        "SOFTMAX_WITH_SPHERE_LOSS": "SoftmaxWithSphereLoss", "ACCURACY_SPHERE": "AccuracySphere",
        "MULTICONVOLUTION": "MultiConvolution", "RECURSIVE_ONCE": "RecursiveOnce",
        "TEMPORAL_CONVOLUTION": "TemporalConvolution", "TEMPORAL_POOLING": "TemporalPooling",
        "MULTILOGISTIC": "Sigmoid", "RESHAPE": "PatchReshape",
        "IMAGE_MULTILABEL_DATA": "ImageMultiLabelData",
        "MASK_OUTPUTS": "MaskOutputs", "WINDOW_POSE_DATA": "WindowPoseData",
        "WINDOW_MULTICLASS_KEYPOINT_DATA": "WindowMulticlassKeypointData",
        "EUCLIDEAN_WEIGHTED_LOSS": "EuclideanWeightedLoss",
        "MULTI_SOFTMAX": "Softmax", "MULTI_SOFTMAX_LOSS": "MultiSoftmaxLoss",
        "NORM": "NormOfChannels", "ANGLE_LOSS": "AngleLoss", "RESIZE": "Resize",
        "POSE_IMAGE_DATA": "PoseImageData", "LABEL_DROPOUT": "LabelDropout",
        "SIGMOID_LOSS": "SigmoidLoss", "DECODE": "CodebookDecode",
        "COMBINE": "Concat", "MINE_CONTRASTIVE_LOSS": "ContrastiveLoss",
        "RESCALE": "MeanRescale", "JOINT_IMAGE_DATA": "JointImageData",
        "IMAGE_LOC_DATA": "ImageLocData"}
    assert set(today) == set(proto.V1LayerParameter.LayerType.keys())
    for old, new in today.items():
        document = upgraded(f"layers {{ name: 'x' type: {old} }}")
        assert document.message.layer[0].type == new


@pytest.mark.parametrize("kind", ["Convolution", "HoleConvolution"])
@pytest.mark.parametrize("hole, dilation", [("hole: 3", "dilation: 3"),
                                            ("filter_stride: 3", "dilation: 3"),
                                            ("filter_stride_h: 3 filter_stride_w: 2",
                                             "dilation: 3 dilation: 2"),
                                            ("hole_h: 3 hole_w: 2", "dilation: 3 dilation: 2")])
def test_a_hole_is_a_dilation(kind, hole, dilation):
    text = """layer { name: "c" type: "%s" bottom: "a" top: "b"
              convolution_param { num_output: 4 kernel_size: 3 %s } }"""
    assert_same(upgraded(text % (kind, hole)), text % ("Convolution", dilation))


@pytest.mark.parametrize("hole, found", [("", "nothing"), ("hole_h: 2", "hole_h"),
                                         ("hole: 2 dilation: 2", "hole, dilation"),
                                         ("hole: 2 hole_h: 2 hole_w: 2", "hole, hole_h, hole_w")])
def test_a_hole_has_one_form(hole, found):
    text = """layer { name: "c" type: "HoleConvolution" bottom: "a" top: "b"
              convolution_param { num_output: 4 kernel_size: 3 %s } }"""
    with pytest.raises(SpecError, match=f":2: .*hole is given as {found}; it must be hole, or"):
        upgraded(text % hole)


def test_an_lrn_map_is_an_lrn_within_channels():
    assert_same(upgraded("""layers { name: "n" type: LRN_MAP bottom: "a" top: "b"
          lrn_map_param { local_size: 3 alpha: 0.5 } }"""),
                """layer { name: "n" type: "LRN" bottom: "a" top: "b"
          lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL } }""")


def test_a_v1_layer_keeps_all_that_it_says():
    assert_same(upgraded("""
        name: "n"
        state { phase: TEST level: 3 }
        layers { name: "c" type: CONVOLUTION bottom: "a" bottom: "b" top: "x" top: "y"
          include { phase: TRAIN stage: "s" } exclude { min_level: 2 }
          param: "w" param: "b" blob_share_mode: STRICT blob_share_mode: PERMISSIVE
          blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0 loss_weight: 0.5
          convolution_param { num_output: 3 kernel_size: 5 weight_filler { type: "xavier" } } }
        """), """
        name: "n"
        state { phase: TEST level: 3 }
        layer { name: "c" type: "Convolution" bottom: "a" bottom: "b" top: "x" top: "y"
          include { phase: TRAIN stage: "s" } exclude { min_level: 2 }
          param { name: "w" share_mode: STRICT lr_mult: 1 decay_mult: 1 }
          param { name: "b" share_mode: PERMISSIVE lr_mult: 2 decay_mult: 0 }
          loss_weight: 0.5
          convolution_param { num_output: 3 kernel_size: 5 weight_filler { type: "xavier" } } }
        """)


def test_lists_of_unequal_length_fill_only_their_own_part_of_param():
    assert_same(
        upgraded("layers { name: 'f' type: INNER_PRODUCT blobs_lr: 3 weight_decay: 4 "
                 "weight_decay: 5 }"),
        "layer { name: 'f' type: 'InnerProduct' param { lr_mult: 3 decay_mult: 4 } "
        "param { decay_mult: 5 } }")


def test_every_parameter_message_of_v1_survives():
    v1, v2 = proto.V1LayerParameter.DESCRIPTOR, proto.LayerParameter.DESCRIPTOR
    messages = [field.name for field in v1.fields
                if field.message_type and field.name not in (
                    "layer", "blobs", "lrn_map_param", "local_weighted_convolution_param",
                    "reshape_param", "mine_contrastive_loss_param")]
    assert len(messages) >= 30
    for name in messages:
        assert v2.fields_by_name[name].message_type is v1.fields_by_name[name].message_type
        document = upgraded(f"layers {{ name: 'x' type: RELU {name} {{ }} }}")
        [layer] = document.message.layer
        assert [field.name for field, _ in layer.ListFields()] == ["name", "type", name]


@pytest.mark.parametrize("old, new", [
    ("conv", "Convolution"), ("innerproduct", "InnerProduct"), ("pool", "Pooling"),
    ("images", "ImageData"), ("softmax_loss", "SoftmaxWithLoss"), ("tanh", "TanH"),
    ("bnll", "BNLL"), ("im2col", "Im2col"), ("hdf5_data", "HDF5Data"), ("lrn", "LRN"),
])
def test_v0_types_have_their_names_of_today(old: str, new: str):
    assert upgraded(f"layers {{ layer {{ type: '{old}' }} }}").message.layer[0].type == new


def test_v0_settings_go_to_the_messages_of_their_types():
    assert_same(upgraded("""
        layers { layer { name: "d" type: "data" source: "db" meanfile: "m" batchsize: 7
          cropsize: 227 mirror: true scale: 0.5 rand_skip: 9 } top: "x" top: "l" }
        layers { layer { name: "c" type: "conv" num_output: 96 kernelsize: 11 stride: 4 group: 2
          pad: 1 biasterm: false weight_filler { type: "gaussian" std: 0.01 }
          blobs_lr: 1. weight_decay: 2. } bottom: "x" top: "c" }
        layers { layer { name: "p" type: "pool" pool: AVE kernelsize: 3 stride: 2 }
          bottom: "c" top: "p" }
        layers { layer { name: "n" type: "lrn" local_size: 5 alpha: 0.1 beta: 0.2 k: 2 }
          bottom: "p" top: "n" }
        layers { layer { name: "o" type: "dropout" dropout_ratio: 0.3 } bottom: "n" top: "n" }
        layers { layer { name: "j" type: "concat" concat_dim: 1 } bottom: "n" top: "j" }
        layers { layer { name: "w" type: "window_data" source: "f" det_fg_threshold: 0.6
          det_bg_threshold: 0.4 det_fg_fraction: 0.3 det_context_pad: 16 det_crop_mode: "square" } }
        layers { layer { name: "h" type: "hdf5_output" hdf5_output_param { file_name: "o" } } }
        """), """
        layer { name: "d" type: "Data" top: "x" top: "l"
          transform_param { scale: 0.5 mirror: true crop_size: 227 mean_file: "m" }
          data_param { source: "db" batch_size: 7 rand_skip: 9 } }
        layer { name: "c" type: "Convolution" bottom: "x" top: "c"
          param { lr_mult: 1 decay_mult: 2 }
          convolution_param { num_output: 96 bias_term: false pad: 1 kernel_size: 11 group: 2
            stride: 4 weight_filler { type: "gaussian" std: 0.01 } } }
        layer { name: "p" type: "Pooling" bottom: "c" top: "p"
          pooling_param { pool: AVE kernel_size: 3 stride: 2 } }
        layer { name: "n" type: "LRN" bottom: "p" top: "n"
          lrn_param { local_size: 5 alpha: 0.1 beta: 0.2 k: 2 } }
        layer { name: "o" type: "Dropout" bottom: "n" top: "n"
          dropout_param { dropout_ratio: 0.3 } }
        layer { name: "j" type: "Concat" bottom: "n" top: "j" concat_param { concat_dim: 1 } }
        layer { name: "w" type: "WindowData" window_data_param { source: "f" fg_threshold: 0.6
          bg_threshold: 0.4 fg_fraction: 0.3 context_pad: 16 crop_mode: "square" } }
        layer { name: "h" type: "HDF5Output" hdf5_output_param { file_name: "o" } }
        """)


def test_padding_layers_vanish_into_each_layer_that_reads_them():
    net = upgraded("""
        layers { layer { name: "p" type: "padding" pad: 2 } bottom: "data" top: "p" }
        layers { layer { name: "c" type: "conv" num_output: 1 kernelsize: 5 } bottom: "p" top: "c" }
        layers { layer { name: "m" type: "pool" kernelsize: 3 } bottom: "p" top: "m" }
        layers { layer { name: "n" type: "pool" kernelsize: 3 } bottom: "m" top: "n" }
        """).message
    assert [layer.name for layer in net.layer] == ["c", "m", "n"]
    assert [list(layer.bottom) for layer in net.layer] == [["data"], ["data"], ["m"]]
    assert list(net.layer[0].convolution_param.pad) == [2]
    assert net.layer[1].pooling_param.pad == 2
    assert not net.layer[2].pooling_param.HasField("pad")


def test_v0_and_v1_layers_may_stand_in_one_net():
    net = upgraded("layers { layer { name: 'r' type: 'relu' } bottom: 'x' top: 'y' } "
                   "layers { name: 's' type: SIGMOID bottom: 'y' top: 'z' }").message
    assert [(layer.name, layer.type) for layer in net.layer] == [("r", "ReLU"), ("s", "Sigmoid")]


@pytest.mark.parametrize("kind, param", [
    ("DATA", "data_param"), ("IMAGE_DATA", "image_data_param"),
    ("WINDOW_DATA", "window_data_param")])
def test_transform_fields_leave_the_data_layers_parameters(kind: str, param: str):
    document = upgraded(f"""layers {{ name: "d" type: {kind}
      {param} {{ source: "s" scale: 0.25 mean_file: "m" crop_size: 9 mirror: true }} }}""")
    [layer] = document.message.layer
    assert_same(document, f"""layer {{ name: "d" type: "{layer.type}"
      transform_param {{ scale: 0.25 mean_file: "m" crop_size: 9 mirror: true }}
      {param} {{ source: "s" }} }}""")
    assert document.lines.find("layer[0].transform_param.crop_size") == 2


@pytest.mark.parametrize("shape", [
    "input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 7",
    "input_shape { dim: 2 dim: 3 dim: 5 dim: 7 }"])
@pytest.mark.parametrize("layer, today", [
    ("layers { name: 'r' type: RELU bottom: 'x' top: 'x' }", "ReLU"),
    ("layer { name: 'r' type: 'TanH' bottom: 'x' top: 'x' }", "TanH")])
def test_input_fields_become_one_layer_at_the_front(shape: str, layer: str, today: str):
    document = upgraded(f"input: 'x'\n{shape}\n{layer}")
    assert_same(document, f"""
        layer {{ name: "input" type: "Input" top: "x"
          input_param {{ shape {{ dim: 2 dim: 3 dim: 5 dim: 7 }} }} }}
        layer {{ name: "r" type: "{today}" bottom: "x" top: "x" }}""")
    assert document.lines.find("layer[0].top") == 1
    assert document.lines.find("layer[0].input_param.shape[0]") == 2
    assert document.lines.find("layer[1].type") == 3


def test_several_inputs_share_the_layer():
    document = upgraded("input: 'x' input: 'y' input_shape { dim: 2 } input_shape { dim: 3 }")
    assert_same(document, "layer { name: 'input' type: 'Input' top: 'x' top: 'y' "
                          "input_param { shape { dim: 2 } shape { dim: 3 } } }")


def test_input_dims_are_cut_into_fours():
    document = upgraded("input: 'x' input: 'y' " + " ".join(f"input_dim: {n}" for n in range(8)))
    shapes = document.message.layer[0].input_param.shape
    assert [list(shape.dim) for shape in shapes] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_an_input_that_a_layer_makes_needs_no_shape():
    document = upgraded("input: 'x' layer { name: 'i' type: 'Input' top: 'x' }")
    assert_same(document, "layer { name: 'i' type: 'Input' top: 'x' }")


def test_three_params_of_batch_norm_are_frozen_and_keep_their_names():
    document = upgraded("""
        layer { name: "b" type: "BatchNorm" param { name: "m" lr_mult: 1 } param { lr_mult: 0 }
          param { } }
        layer { name: "c" type: "BatchNorm" param { lr_mult: 0 } }
        layer { name: "s" type: "Scale" param { } param { } param { } }""")
    assert_same(document, """
        layer { name: "b" type: "BatchNorm" param { name: "m" lr_mult: 0 decay_mult: 0 }
          param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 } }
        layer { name: "c" type: "BatchNorm" param { lr_mult: 0 } }
        layer { name: "s" type: "Scale" param { } param { } param { } }""")


def test_lines_follow_their_fields():
    lines = upgraded("""layers {
      name: "c"
      type: CONVOLUTION
      blobs_lr: 1
      blobs_lr: 2
      convolution_param {
        num_output: 3
      }
    }
    layers {
      layer { name: "p" type: "pool"
        kernelsize: 3 } }""").lines
    assert lines.find("layer[0]") == 1
    assert lines.find("layer[0].type") == 3
    assert lines.find("layer[0].param[1].lr_mult") == 5
    assert lines.find("layer[0].convolution_param.num_output") == 7
    assert lines.find("layer[1].pooling_param.kernel_size") == 12
    assert len(lines.fields["layer"]) == 2


def test_a_net_of_today_stays_as_it_is():
    document = prototxt.parse("name: 'n' layer { name: 'r' type: 'ReLU' }", "NetParameter")
    before = document.message.SerializeToString()
    assert upgrade_net(document) is False
    assert document.message.SerializeToString() == before


def test_messages_without_lines_keep_their_blobs():
    def blob(values: list[float]) -> Any:
        return proto.BlobProto(num=1, channels=1, height=1, width=len(values), data=values)

    net = proto.NetParameter()
    net.layers.add(name="f", type=proto.V1LayerParameter.INNER_PRODUCT, blobs=[blob([1, 2])])
    net.layers.add().layer.MergeFrom(
        proto.V0LayerParameter(name="g", type="conv", blobs=[blob([3]), blob([4, 5, 6])]))
    document = Document(net, Lines(), "old.caffemodel")
    assert upgrade_net(document) is True
    assert [layer.type for layer in net.layer] == ["InnerProduct", "Convolution"]
    assert [[list(b.data) for b in layer.blobs] for layer in net.layer] == [
        [[1, 2]], [[3], [4, 5, 6]]]
    assert len(document.lines.fields["layer"]) == 2


def test_a_v0_field_without_meaning_for_its_type_is_left_out_with_a_warning(caplog):
    net = upgraded("layers { layer { name: 'd' type: 'data' source: 'db' batchsize: 2\n"
                   "det_context_pad: 16 } top: 'x' }").message
    assert net.layer[0].data_param.batch_size == 2
    assert not net.layer[0].HasField("window_data_param")
    assert "old.prototxt:2: layer 'd' (data): det_context_pad is left out, as in the original" \
        in caplog.text


@pytest.mark.parametrize("text, message", [
    ("\nlayers { layer { name: 'x' type: 'warp' } }",
     r"old.prototxt:2: layer 'x' \(warp\): type is 'warp'; it must be one of accuracy, bnll"),
    ("layers { layer { name: 'p' type: 'padding' pad: 1 } bottom: 'a' top: 'b' }\n"
     "layers { layer { name: 'f' type: 'innerproduct' } bottom: 'b' top: 'c' }",
     r"old.prototxt:2: layer 'f' \(innerproduct\): bottom is padded by layer 'p'; only a conv"),
    ("input: 'x'", r"old.prototxt:1: input\[0\] is 'x' and has no shape; write input_shape"),
    ("input: 'x'\ninput_dim: 1 input_dim: 3",
     r"old.prototxt:2: input_dim is given 2 times; it must be 4 times .* in all 4 times"),
    ("input: 'x' input: 'y'\ninput_shape { dim: 1 }",
     r"old.prototxt:2: input_shape is given 1 times; it must be once for each of the 2 inputs"),
])
def test_what_has_no_meaning_today_is_an_error_with_its_line(text: str, message: str):
    with pytest.raises(SpecError, match=message):
        upgraded(text)


@pytest.mark.parametrize("text, message, left", [
    ("layers { name: 'r' type: RELU }\nlayer { name: 's' type: 'ReLU' }",
     "old.prototxt:2: layer 's' (ReLU): left out, as the original does", ["r"]),
    ("layer { name: 'd' type: 'Data' data_param { source: 'x'\nmirror: true } }",
     "old.prototxt:2: layer 'd' (Data): data_param.mirror has no effect, as in", ["d"]),
    ("\n\ninput_dim: 1", "old.prototxt:3: input_dim is left out, as in the original", []),
])
def test_what_the_original_passes_over_is_named_in_the_log(text, message, left, caplog):
    document = upgraded(text)
    assert [layer.name for layer in document.message.layer] == left
    assert len(document.lines.fields["layer"]) == len(left)
    assert message in caplog.text
    assert not document.message.input_dim


def test_a_layer_without_a_type_gets_none():
    text = 'layer { name: "a" top: "x" }'
    assert_same(upgraded(text), text)
