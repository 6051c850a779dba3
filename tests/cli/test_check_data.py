"""tools/check_data: every bad record, what the boxes are like, what the priors miss."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli import check_data
from framework.proto import Datum
from tests.data.clips import write_frames, write_list
from tests.data.making import (
    annotated,
    annotated_net,
    encoded,
    good_records,
    image,
    write_database,
)

ROOT = Path(__file__).resolve().parents[2]
MAP = 'item { name: "none_of_the_above" label: 0 } item { name: "cat" label: 1 } ' \
      'item { name: "dog" label: 2 } item { name: "owl" label: 3 }'


@pytest.fixture
def database(tmp_path):
    (tmp_path / "map.prototxt").write_text(MAP)
    records = good_records(40)
    records[7] = annotated(encoded(image(7)), [(9, 0.1, 0.1, 0.5, 0.5)])
    records[11] = annotated(encoded(image(11, channels=1)), [(1, 0.1, 0.1, 0.5, 0.5)])
    records[13] = b"\x0a\xff"
    return write_database(tmp_path / "lmdb", records)


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_all_bad_records_of_a_database_are_listed_and_classes_counted(database, capsys):
    code = check_data.main([str(database), "--label_map_file",
                            str(database.parent / "map.prototxt")])
    text = lines(capsys)
    assert code == 1       # 3 of 40 are more than 5 %
    assert text[1] == f"{database}: 40 records, 3 of them bad"
    bad = [line for line in text if "bad: " in line]
    assert len(bad) == 3
    assert any("00000007_record7.jpg: label 9 is not one of" in line for line in bad)
    assert any("00000011_record11.jpg: the image is grey (1 channel)" in line for line in bad)
    assert any("00000013_record13.jpg: the record cannot be parsed as Ann" in line for line in bad)
    assert "images (width x height): 56 x 40: 38" in text
    counts = [line.split() for line in text if line.strip().startswith(("1 cat", "2 dog"))]
    # Records 7, 13 and (index % 3 > 0) hold a second box; record 11 is bad only for its colours.
    dogs = sum(index % 3 > 0 for index in range(40) if index not in (7, 11, 13))
    assert counts[0][:3] == ["1", "cat:", "38"] and counts[1][:3] == ["2", "dog:", str(dogs)]


def test_a_net_is_checked_with_its_priors(database, tmp_path, capsys):
    net = tmp_path / "net.prototxt"
    net.write_text(annotated_net(database, 2, "resize_param { height: 60 width: 60 }")
                   + """
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
                convolution_param { num_output: 2 kernel_size: 1 stride: 20 } }
        layer { name: "priors" type: "PriorBox" bottom: "conv" bottom: "data" top: "priors"
                prior_box_param { min_size: 40 variance: 0.1 } }
        layer { name: "quiet" type: "Silence" bottom: "conv" bottom: "label" bottom: "priors" }
        """)
    check_data.main([str(net)])
    text = "\n".join(lines(capsys))
    assert f"{net}, TRAIN, layer 'data' (AnnotatedData)" in text
    assert text.count("40 records") == 1       # TEST reads the same database
    assert "priors: 9 priors of sizes 40: best for 100.0% of the boxes" in text
    assert "a cell sees 1 x 1 pixels" in text
    assert "a cell sees less than a prior of size 40" in text and "verdict: " in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_solver_leads_to_its_net_in_any_encoding(encoding, database, tmp_path, capsys):
    net = tmp_path / "net.prototxt"
    net.write_text(annotated_net(database, 2, "resize_param { height: 60 width: 120 }"))
    solver = tmp_path / "solver.prototxt"
    solver.write_text(f'net: "{net}"\nbase_lr: 1\n', encoding=encoding)
    check_data.main([str(solver), "--phase", "TRAIN"])
    assert any(line.startswith(f"{net}, TRAIN, layer") for line in lines(capsys))


def test_a_solver_leads_to_its_net(database, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(annotated_net(database, 2))
    (tmp_path / "solver.prototxt").write_text('# net: "other"\nnet: "net.prototxt"\nbase_lr: 1')
    check_data.main(["solver.prototxt"])
    assert "40 records" in capsys.readouterr().out


def test_a_net_that_lies_beside_the_solver_is_said_to(database, tmp_path, capsys, monkeypatch):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/net.prototxt").write_text(annotated_net(database, 2))
    (tmp_path / "own/solver.prototxt").write_text("base_lr: 1\nnet: 'net.prototxt'")
    monkeypatch.chdir(tmp_path)
    assert check_data.main(["own/solver.prototxt"]) == 1
    assert ("error: own/solver.prototxt:2: net is 'net.prototxt', which is not a file; paths are "
            f"relative to the working directory, {tmp_path}; the solver's folder has it: change to "
            "own first\n") in capsys.readouterr().err
    monkeypatch.chdir("own")
    check_data.main(["solver.prototxt"])
    assert "40 records" in capsys.readouterr().out


def test_what_cannot_be_checked_is_an_error(tmp_path, capsys):
    assert check_data.main([str(tmp_path / "absent")]) == 1
    assert "there is no such file or database; make it with tools/convert" in \
        capsys.readouterr().err
    (tmp_path / "net.prototxt").write_text('layer { name: "x" type: "Input" top: "x" '
                                           'input_param { shape { dim: 1 } } }')
    assert check_data.main([str(tmp_path / "net.prototxt")]) == 1
    assert "no data layer reads from files" in capsys.readouterr().err


def test_lists_of_images_are_checked_file_by_file(tmp_path, capsys):
    (tmp_path / "0.png").write_bytes(encoded(image(0)))
    (tmp_path / "1.png").write_bytes(b"nonsense")
    (tmp_path / "list.txt").write_text("0.png 1\n1.png 2\n2.png 3\n")
    net = tmp_path / "net.prototxt"
    net.write_text('layer { name: "d" type: "ImageData" top: "data" top: "label" '
                   f'image_data_param {{ source: "{tmp_path}/list.txt" '
                   f'root_folder: "{tmp_path}/" batch_size: 1 }} }}')
    assert check_data.main([str(net)]) == 1
    text = capsys.readouterr().out
    assert "3 entries, 2 of them bad" in text
    assert "1.png: the image cannot be decoded" in text and "2.png: the file cannot" in text


@pytest.mark.parametrize("form", [
    "image_data_param {{ source: '{0}' use_image: true new_length: 4 batch_size: 1 }}",
    "video_data_param {{ source: '{0}' use_image: true new_length: 4 batch_size: 1 }}"])
def test_lists_of_clips_are_checked_and_a_bad_clip_counts_once(form, tmp_path, capsys):
    write_frames(tmp_path / "a", 6)
    clips = write_list(tmp_path / "list.txt", [f"{tmp_path}/a 1 0", f"{tmp_path}/a 4 1",
                                               f"{tmp_path}/a 2 2"])
    net = tmp_path / "net.prototxt"
    net.write_text('layer { name: "d" type: "VideoData" top: "data" top: "label" '
                   f"{form.format(clips)} }}")
    assert check_data.main([str(net), "--phase", "TEST"]) == 0
    assert check_data.main([str(net), "--phase", "TEST", "--strict"]) == 1
    text = capsys.readouterr().out.partition("list.txt")[2].rpartition("list.txt")[0]
    assert "3 entries, 1 of them bad" in text
    assert text.count("a 4: 000007.jpg: the file cannot be read") == 1


def test_sizes_are_proposed_in_pixels_of_a_net_wider_than_high(tmp_path, capsys):
    # Squares of 24 pixels in a net of 120 x 60: 0.2 wide and 0.4 high.
    boxes = [(1, 0.1 * index, 0.3, 0.1 * index + 0.2, 0.7) for index in range(8)]
    records = [annotated(encoded(image(index, 40, 80)), boxes, 40, 80) for index in range(4)]
    path = write_database(tmp_path / "lmdb", records)
    net = tmp_path / "net.prototxt"
    net.write_text(annotated_net(path, 2, "resize_param { height: 60 width: 120 }") + """
        layer { name: "wide" type: "Convolution" bottom: "data" top: "wide"
                convolution_param { num_output: 1 kernel_size: 57 pad: 28 } }
        layer { name: "pool" type: "Pooling" bottom: "wide" top: "pool"
                pooling_param { kernel_size: 4 stride: 4 } }
        layer { name: "prior" type: "PriorBox" bottom: "pool" bottom: "data" top: "prior"
                prior_box_param { min_size: 6 max_size: 9 } }""")
    check_data.main([str(net), "--phase", "TRAIN"])
    text = lines(capsys)
    place = text.index("proposed, in pixels of 120 x 60, with all else as it is:")
    low, high = map(int, re.findall(r"prior: min_size: (\d+) max_size: (\d+):", text[place + 1])[0])
    assert low <= 24 <= high and "2 priors a cell instead of 2" in text[place + 1]
    assert "100.0% of 32 boxes matched" in text[place + 2]
    assert next(line for line in text if line.strip().startswith("1.00 - 1.50")).split()[3] == "32"


def test_the_counts_are_drawn_into_a_file(database, tmp_path, capsys):
    check_data.main([str(database), "--plot", str(tmp_path / "a.png")])
    drawn = cv2.imread(str(tmp_path / "a.png"))
    assert drawn.shape == (840, 1240, 3) and len(np.unique(drawn)) > 20
    assert check_data.main([str(database), "--plot", str(tmp_path / "a.xyz")]) == 1
    assert "a.xyz: cannot be written; its name must end in .png or .jpg" in capsys.readouterr().err


def test_a_label_map_beside_the_database_names_and_checks_its_labels(database, capsys):
    (database.parent / "map.prototxt").rename(database.parent / "labelmap.prototxt")
    assert check_data.main([str(database)]) == 1
    text = lines(capsys)
    assert text[0] == f"labels as in {database.parent / 'labelmap.prototxt'}"
    assert any("label 9 is not one of" in line for line in text)
    assert any("1 cat: 38 boxes" in line for line in text)


def test_the_program_runs_by_itself(database):
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "check_data"), str(database)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "40 records, 2 of them bad" in done.stdout


HEAD = """
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
            convolution_param { num_output: 4 kernel_size: 9 pad: 4 stride: 8 } }
    layer { name: "head" type: "MultiBoxHead" bottom: "data" bottom: "label"
            multi_box_head_param { num_classes: %d
                                   source { bottom: "conv" min_size: 8 max_size: 9 step: 8 } }
            multibox_loss_param { mining_type: MAX_NEGATIVE } }
"""
RESIZE = "resize_param { height: 40 width: 56 }"


def checked(tmp_path, capsys, records, transform=RESIZE, label_map=MAP, num_classes=4, batch=2,
            flags=()):
    """The exit code and the lines `bad for training` of check_data."""
    path = write_database(tmp_path / "db", records)
    (tmp_path / "map.prototxt").write_text(label_map)
    net = tmp_path / "own.prototxt"
    net.write_text(annotated_net(path, batch, transform,
                                 f'label_map_file: "{tmp_path}/map.prototxt"')
                   + HEAD % num_classes)
    code = check_data.main([str(net), "--phase", "TRAIN", *flags])
    return code, [line for line in lines(capsys) if "bad for training" in line]


def test_a_sound_database_is_not_blamed(tmp_path, capsys):
    assert checked(tmp_path, capsys, good_records(6)) == (0, [])


@pytest.mark.parametrize("num_classes, label_map, texts", [
    (21, MAP, ["num_classes is 21, but the label map has the labels 1 to 3, and 0 is the "
               "background: set it to 4"]),
    (3, MAP, ["num_classes is 3, but {folder}/map.prototxt has the label 3 "]),
    (4, MAP.replace("none_of_the_above", "disc").replace("label: 3", "label: 4"),
     ["label 3 is not one of the label map's classes"]),
])
def test_classes_that_net_label_map_and_data_count_differently_are_named(
        tmp_path, capsys, num_classes, label_map, texts):
    code, found = checked(tmp_path, capsys, good_records(6), label_map=label_map,
                          num_classes=num_classes)
    assert code == 1
    if "label: 4" not in label_map:
        assert len(found) == len(texts)
        assert all(text.format(folder=tmp_path) in line
                   for text, line in zip(texts, found, strict=True))


def test_boxes_in_pixels_are_named(tmp_path, capsys):
    records = [annotated(encoded(image(index)), [(1, 3, 4, 30, 20)]) for index in range(4)]
    code, (line,) = checked(tmp_path, capsys, [*records, *good_records(1)])
    assert code == 1
    assert "4 of 5 boxes show nothing of their images: corners must be parts of the image, from 0" \
        in line


def test_a_datum_among_annotated_ones_is_called_that(tmp_path, capsys):
    plain = Datum(data=encoded(image(1)), encoded=True, label=3).SerializeToString()
    path = write_database(tmp_path / "db", [*good_records(3), plain])
    check_data.main([str(path)])
    assert "bad: 00000003_record3.jpg: the record is not an AnnotatedDatum, but a Datum or" \
        in capsys.readouterr().out


def test_an_annotated_datum_among_datums_is_called_that(tmp_path, capsys):
    datum = Datum(data=encoded(image(0)), encoded=True, channels=3, height=40, width=56)
    records = [datum.SerializeToString()] * 3
    path = write_database(tmp_path / "db", [*records, *good_records(2)])
    assert check_data.main([str(path)]) == 1
    assert sum("the record is not a Datum, but an AnnotatedDatum" in line
               for line in lines(capsys)) == 2


def test_boxes_of_the_background_are_named(tmp_path, capsys):
    label_map = 'item { name: "cat" label: 0 } item { name: "dog" label: 1 }'
    records = [annotated(encoded(image(index)), [(index % 2, .1, .1, .5, .5)])
               for index in range(6)]
    code, (line,) = checked(tmp_path, capsys, records, label_map=label_map, num_classes=2)
    assert code == 1
    assert "3 boxes with the label 0, which is that of the background" in line


def test_grey_images_and_three_means_are_named_with_the_cure(tmp_path, capsys):
    grey = [annotated(encoded(image(index, channels=1)), [(1, .1, .1, .5, .5)])
            for index in range(6)]
    means = f"{RESIZE} mean_value: [1, 2, 3]"
    code, (line,) = checked(tmp_path, capsys, grey, means)
    assert code == 1 and "mean_value does not fit the data" in line
    assert "transform_param.force_color: true" in line
    (tmp_path / "more").mkdir()
    code, (line,) = checked(tmp_path / "more", capsys, grey[:1] + good_records(30), means)
    assert code == 1 and "different channels (30 of 3 channels, 1 of 1 channel)" in line
    (tmp_path / "cured").mkdir()
    cured = checked(tmp_path / "cured", capsys, grey, f"{means} force_color: true")
    assert cured == (0, [])


def test_sizes_that_no_batch_can_hold_are_named(tmp_path, capsys):
    records = [*good_records(5), *good_records(2, (30, 30))]
    code, found = checked(tmp_path, capsys, records, transform="")
    assert code == 1
    assert any("the images have 2 sizes, 5 of 7 have 56 x 40" in line for line in found)


def test_images_without_boxes_are_counted_and_not_bad(tmp_path, capsys):
    records = good_records(4) + [annotated(encoded(image(9)), [])] * 3
    path = write_database(tmp_path / "db", records)
    assert check_data.main([str(path), "--strict"]) == 0
    text = lines(capsys)
    assert "boxes: 7 can be used, 0 are in bad records; 3 images without a box, the first is " \
        "00000004_record4.jpg" in text


def test_boxes_of_bad_records_are_counted_and_strict_takes_none(database, capsys):
    assert check_data.main([str(database), "--labelmap", str(database.parent / "map.prototxt"),
                            "--strict"]) == 1
    stored = sum(1 + index % 3 for index in range(40) if index not in (7, 11, 13))
    assert f"boxes: {stored} can be used, 2 are in bad records; 0 images without a box" \
        in lines(capsys)


def test_sizes_that_fit_are_not_changed(tmp_path, capsys):
    boxes = [(1, .3, .3, .3 + 8 / 56, .3 + 8 / 40)]
    records = [annotated(encoded(image(index)), boxes) for index in range(4)]
    checked(tmp_path, capsys, records)
    path = tmp_path / "own.prototxt"
    path.write_text(path.read_text().replace("step: 8", "step: 2").replace("stride: 8",
                                                                           "stride: 2"))
    check_data.main([str(path), "--phase", "TRAIN"])
    text = "\n".join(lines(capsys))
    assert "verdict: the priors fit: 100.0% of the boxes match" in text
    assert "proposed" not in text and "a cell sees 9 x 9 pixels" in text


def test_anchors_are_printed_in_pixels_of_the_size_asked_for(database, capsys):
    arguments = [str(database), "--label_map_file", str(database.parent / "map.prototxt"),
                 "--anchors", "1"]
    check_data.main([*arguments, "--anchor-size", "100", "50"])
    (wide,) = re.findall(r"input of 100 x 50: mean IoU 0\.\d{4}\n  biases: \[(.*), (.*)\]",
                         capsys.readouterr().out)
    check_data.main(arguments)
    (own,) = re.findall(r"of the images: mean IoU 0\.\d{4}\n  biases: \[(.*), (.*)\]",
                        capsys.readouterr().out)
    # the images are 56 x 40
    assert [float(one) for one in wide] == pytest.approx(
        [float(own[0]) * 100 / 56, float(own[1]) * 50 / 40], rel=1e-3)


@pytest.mark.parametrize("flags, message", [
    (["--anchors", "0"], "--anchors is 0; it must be at least 1"),
    (["--anchors", "3", "--anchor-size", "416", "0"], "--anchor-size is 416 0; both must be"),
    (["--anchor-size", "416", "416"], "--anchor-size needs --anchors"),
    (["--anchors", "99"], r"--anchors is 99, but the boxes have \d+ different sizes")])
def test_anchors_that_cannot_be_are_one_line(database, flags, message, capsys):
    assert check_data.main([str(database), *flags]) == 1
    assert re.search(rf"^error: {message}.*\n\Z", capsys.readouterr().err, re.M)
