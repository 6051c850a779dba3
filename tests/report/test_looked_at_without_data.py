"""What a net is refused for without its data is what the net with them is refused for."""

from __future__ import annotations

import pytest

from framework import DataError, Net, SpecError
from framework.report.net_summary import Selection, take_census

LAYERS = {
    "Data": 'data_param { source: "db" batch_size: 2 backend: LMDB }',
    "AnnotatedData": 'data_param { source: "db" batch_size: 2 backend: LMDB }',
    "ImageData": 'image_data_param { source: "list" batch_size: 2 }',
    "ImageLabelmapData": 'image_data_param { source: "list" batch_size: 2 }',
    "ImageSegData": 'image_data_param { source: "list" batch_size: 2 }',
    "DenseImageData": 'dense_image_data_param { source: "list" batch_size: 2 }',
    "WindowData": 'window_data_param { source: "list" batch_size: 2 }',
}
COLOURS = "transform_param { crop_size: 8 force_color: true force_gray: true }"
CASES = [(kind, COLOURS, "transform_param.force_gray") for kind in LAYERS] + [
    ("AnnotatedData", "transform_param { resize_param { resize_mode: FIT_SMALL_SIZE height: 8 "
     "width: 8 } }", "data_param.batch_size"),
    ("AnnotatedData", "annotated_data_param { batch_sampler { sampler { min_scale: 2 } } }",
     "annotated_data_param.batch_sampler"),
    ("ImageSegData", 'transform_param { mean_file: "m" }', "transform_param.mean_file"),
    ("DenseImageData", "transform_param { expand_param { prob: 0.5 } }",
     "transform_param.expand_param"),
    ("WindowData", "transform_param { mirror: true }", "transform_param.crop_size"),
]


@pytest.mark.parametrize("kind, settings, field", CASES)
def test_settings_that_the_net_refuses_are_refused_without_data(kind, settings, field, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(f'layer {{ name: "data" type: "{kind}" top: "data" top: "label"\n'
                    f"  {LAYERS[kind]}\n  {settings} }}\n")
    (census,) = take_census(path, Selection(phase="TRAIN"))
    with pytest.raises(SpecError) as refused:
        Net(path, "TRAIN")
    assert field in str(refused.value)
    assert census.problems[0].partition(" (with ")[0] == str(refused.value)


@pytest.mark.parametrize("kind", [*LAYERS, "HDF5Data", "SparseData", "MultiLabelImageData",
                                  "WindowSegData"])
def test_fields_that_reading_needs_are_named_where_no_data_are_read(kind, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(f'layer {{ name: "data" type: "{kind}" top: "data" top: "label"'
                    " transform_param { crop_size: 8 } }\n")
    if kind == "HDF5Data":
        path.write_text(path.read_text().replace("transform_param { crop_size: 8 }", ""))
    (census,) = take_census(path, Selection(phase="TRAIN"))
    fields = ["source"]
    if kind in ("Data", "AnnotatedData", "SparseData", "HDF5Data", "WindowData", "DenseImageData"):
        fields.append("batch_size")     # of image_data_param it is 1 by default
    assert len(census.notes) == len(fields)
    for field in fields:
        (note,) = (note for note in census.notes if f".{field} " in note)
        assert note.startswith(f"{path}:1: layer 'data' ({kind}): ")
        assert note.endswith(f"_param.{field} is missing; with data, the net is refused for that")
    text = LAYERS.get(kind)
    if text:
        path.write_text(path.read_text().replace(" }\n", f" {text} }}\n"))
        assert not take_census(path, Selection(phase="TRAIN"))[0].notes


def test_an_unusable_file_of_data_names_its_layer(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text('layer { name: "rows" type: "HDF5Data" top: "x"\n'
                    f'  hdf5_data_param {{ source: "{tmp_path}/list" batch_size: 2 }} }}')
    (tmp_path / "list").write_text(f"{tmp_path}/gone.h5\n")
    with pytest.raises(DataError, match=r"net.prototxt:1: layer 'rows' \(HDF5Data\): \S*gone.h5: "
                                        "there is no such file"):
        Net(path, "TRAIN")


@pytest.mark.parametrize("height, width", [(256, 512), (180, 240), (720, 960)])
def test_the_size_that_an_upsample_states_is_traced_back_to_the_images(height, width, tmp_path):
    net = tmp_path / "segnet.prototxt"
    net.write_text(f"""
        layer {{ name: "data" type: "DenseImageData" top: "data" top: "label"
                 dense_image_data_param {{ source: "/camvid/train.txt" batch_size: 3 }} }}
        layer {{ name: "pool1" type: "Pooling" bottom: "data" top: "pool1" top: "mask1"
                 pooling_param {{ kernel_size: 2 stride: 2 }} }}
        layer {{ name: "pool2" type: "Pooling" bottom: "pool1" top: "pool2" top: "mask2"
                 pooling_param {{ kernel_size: 2 stride: 2 }} }}
        layer {{ name: "up2" type: "Upsample" bottom: "pool2" bottom: "mask2" top: "up2"
                 upsample_param {{ upsample_h: {height // 2} upsample_w: {width // 2} }} }}
        layer {{ name: "up1" type: "Upsample" bottom: "up2" bottom: "mask1" top: "up1"
                 upsample_param {{ scale: 2 }} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "up1" bottom: "label" }}""")
    [found] = take_census(str(net), Selection(skip_data=True))
    assert found.built and found.assumed == f"images of {height} x {width}, as a layer has it, " \
        "assumed"


def test_an_information_gain_loss_is_looked_at_without_its_matrix(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
        layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 4 } } }
        layer { name: "loss" type: "InfogainLoss" bottom: "x" bottom: "label" top: "loss"
          infogain_loss_param { source: "absent.binaryproto" } }""")
    (census,) = take_census(path, Selection(phase="TRAIN", skip_data=True))
    assert census.built, census.problems
    with pytest.raises(SpecError, match="'absent.binaryproto' cannot be read: No such file"):
        Net(path, "TRAIN")


@pytest.mark.parametrize("items, built", [(0, True), (-1, True), (2, False)])
def test_a_record_has_the_shape_that_a_reshape_gives_it(items, built, tmp_path):
    net = tmp_path / "net.prototxt"
    net.write_text(f"""
        layer {{ name: "x" type: "Data" top: "x" data_param {{ source: "x" batch_size: 6 }} }}
        layer {{ name: "label" type: "Data" top: "label"
                 data_param {{ source: "y" batch_size: 6 }} }}
        layer {{ name: "r" type: "Reshape" bottom: "x" top: "r"
                 reshape_param {{ shape {{ dim: {items} dim: 103 dim: 1 dim: 2 }} }} }}
        layer {{ name: "l" type: "Reshape" bottom: "label" top: "l"
                 reshape_param {{ shape {{ dim: 6 dim: 2 }} }} }}
        layer {{ name: "fc" type: "InnerProduct" bottom: "r" top: "fc"
                 inner_product_param {{ num_output: 2 }} }}
        layer {{ name: "loss" type: "EuclideanLoss" bottom: "fc" bottom: "l" }}""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.built == built
    if built:
        assert [row.shapes for row in found.rows[:2]] == [((6, 103, 1, 2),), ((6, 1, 1, 2),)]
        assert found.assumed == f"images of 103 x 1 x 2 assumed, as in {net}:5: layer 'r' (Reshape)"


@pytest.mark.parametrize("second", ["joined", "latched"])
def test_images_that_are_joined_with_others_of_a_known_size_have_that_size(second, tmp_path):
    net = tmp_path / "net.prototxt"
    net.write_text(f"""
        layer {{ name: "x" type: "Data" top: "x"
                 data_param {{ source: "mnist_lmdb" batch_size: 6 }} }}
        layer {{ name: "y" type: "Data" top: "joined"
                 data_param {{ source: "usps_lmdb" batch_size: 4 }} }}
        layer {{ name: "label" type: "DummyData" top: "label"
                 dummy_data_param {{ shape {{ dim: 4 }} }} }}
        layer {{ name: "latch" type: "ClassLatch" bottom: "joined" bottom: "label" top: "latched" }}
        layer {{ name: "both" type: "Concat" bottom: "x" bottom: "{second}" top: "both"
                 concat_param {{ axis: 0 }} }}""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.built, found.problems
    assert found.rows[1].shapes == ((4, 1, 28, 28),) and found.rows[-1].shapes == ((10, 1, 28, 28),)
    assert found.assumed == ("images of 1 x 28 x 28 assumed, as joined in "
                             f"{net}:9: layer 'both' (Concat)")


def test_the_error_is_that_of_the_size_that_most_layers_fit(tmp_path):
    net = tmp_path / "segnet.prototxt"
    net.write_text("""
        layer { name: "data" type: "DenseImageData" top: "data" top: "label"
                dense_image_data_param { source: "/camvid/train.txt" batch_size: 2 } }
        layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" top: "mask"
                pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "half" type: "Pooling" bottom: "pool" top: "half"
                pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "up2" type: "Interp" bottom: "half" top: "up2"
                interp_param { height: 180 width: 240 } }
        layer { name: "up1" type: "Upsample" bottom: "up2" bottom: "mask" top: "up1"
                upsample_param { scale: 2 } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "up1" bottom: "label"
                loss_param { weight_by_label_freqs: true } }""")
    [found] = take_census(str(net), Selection(skip_data=True))
    assert found.problems == [f"{net}:13: layer 'loss' (SoftmaxWithLoss): loss_param."
                              "class_weighting is given 0 times; there are 3 classes (with images "
                              "of 360 x 480 assumed)"]


@pytest.mark.parametrize("window, size", [
    ("kernel_h: 14 kernel_w: 4096", "224 x 4096"), ("kernel_size: 800", "800 x 800"),
    ("kernel_size: 3 kernel_size: 900", "224 x 900"), ("kernel_size: 5", ""),
])
def test_images_are_as_large_as_the_first_window(window, size, tmp_path):
    net = tmp_path / "rows.prototxt"
    net.write_text(f"""
        layer {{ name: "x" type: "Data" top: "x" data_param {{ source: "x" batch_size: 2 }} }}
        layer {{ name: "c" type: "Convolution" bottom: "x" top: "c"
                 convolution_param {{ num_output: 3 {window} }} }}""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.built
    assert found.assumed == (f"images of {size}, which hold the first window, assumed" if size
                             else "images of 224 x 224 assumed")


@pytest.mark.parametrize("outputs, size", [(6400, "1 x 80 x 80"), (1875, "3 x 25 x 25")])
def test_images_have_as_many_numbers_as_an_autoencoder_gives(outputs, size, tmp_path):
    net = tmp_path / "coder.prototxt"
    net.write_text(f"""
        layer {{ name: "x" type: "Data" top: "x" data_param {{ source: "x" batch_size: 2 }} }}
        layer {{ name: "flat" type: "Flatten" bottom: "x" top: "flat" }}
        layer {{ name: "code" type: "InnerProduct" bottom: "x" top: "code"
                 inner_product_param {{ num_output: 100 }} }}
        layer {{ name: "y" type: "InnerProduct" bottom: "code" top: "y"
                 inner_product_param {{ num_output: {outputs} }} }}
        layer {{ name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "flat" top: "loss" }}""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.built
    assert found.assumed == f"images of {size}, as many numbers as a layer gives, assumed"


@pytest.mark.parametrize("last, size", [
    # backwards from one cell: 3, then (3 - 1) * 2 + 2 = 6, then (6 - 1) + 5 - 2 = 8
    ("Pooling pooling_param { pool: AVE kernel_size: 3 }", "8 x 8"),
    # 2, then (2 - 1) * 2 + 2 = 4, then (4 - 1) + 5 - 2 = 6
    ("Convolution convolution_param { num_output: 4 kernel_size: 2 }", "6 x 6"),
    ("Pooling pooling_param { pool: AVE global_pooling: true }", "224 x 224"),
])
def test_images_are_as_large_as_one_cell_of_scores_needs(last, size, tmp_path):
    net = tmp_path / "nin.prototxt"
    kind, param = last.split(" ", 1)
    net.write_text(f"""
        layer {{ name: "x" type: "Data" top: "x" top: "label"
                 data_param {{ source: "x" batch_size: 2 }} }}
        layer {{ name: "c" type: "Convolution" bottom: "x" top: "c"
                 convolution_param {{ num_output: 6 kernel_size: 5 pad: 1 }} }}
        layer {{ name: "r" type: "ReLU" bottom: "c" top: "c" }}
        layer {{ name: "p" type: "Pooling" bottom: "c" top: "p"
                 pooling_param {{ kernel_size: 2 stride: 2 }} }}
        layer {{ name: "d" type: "Dropout" bottom: "p" top: "d" }}
        layer {{ name: "s" type: "{kind}" bottom: "d" top: "s" {param} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "s" bottom: "label" }}""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.built and found.assumed.startswith(f"images of {size}")
    assert next(row.shapes for row in found.rows if row.name == "s")[0][2:] == (1, 1)


def test_marks_of_steps_are_assumed_through_a_transposition(tmp_path):
    net = tmp_path / "rows.prototxt"
    net.write_text("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 5 dim: 3 dim: 7 } } }
        layer { name: "c" type: "HDF5Data" top: "c"
                hdf5_data_param { source: "list.txt" batch_size: 3 } }
        layer { name: "t" type: "Transpose" bottom: "c" top: "t"
                transpose_param { dim: 1 dim: 0 } }
        layer { name: "l" type: "LSTM" bottom: "x" bottom: "t" top: "l"
                recurrent_param { num_output: 2 } }""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.problems == [] and "'c' assumed to be (3, 5)" in found.assumed


def test_sequences_have_as_many_streams_as_a_second_lstms_static_input(tmp_path):
    net = tmp_path / "caption.prototxt"
    net.write_text("""
        layer { name: "f" type: "Input" top: "f" input_param { shape { dim: 6 dim: 9 } } }
        layer { name: "d" type: "HDF5Data" top: "c" top: "words"
                hdf5_data_param { source: "list.txt" batch_size: 4 } }
        layer { name: "e" type: "Embed" bottom: "words" top: "e"
                embed_param { num_output: 5 input_dim: 7 } }
        layer { name: "l" type: "LSTM" bottom: "e" bottom: "c" top: "l"
                recurrent_param { num_output: 3 } }
        layer { name: "m" type: "LSTM" bottom: "l" bottom: "c" bottom: "f" top: "m"
                recurrent_param { num_output: 2 } }""")
    [found] = take_census(str(net), Selection(phase="TRAIN", skip_data=True))
    assert found.problems == []
    assert "'words' assumed to be (4, 6), 'c' assumed to be (4, 6)" in found.assumed
    assert found.rows[-1].shapes == ((4, 6, 2),)
