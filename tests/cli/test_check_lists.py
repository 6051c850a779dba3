"""tools/check_data on lists of images: what training would refuse of them is found."""

import cv2
import numpy as np
import pytest

from framework.cli import check_data

SOLVED = """layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
                    inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
            layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" }"""


def check(tmp_path, capsys, sizes, labels=(0, 1, 2), batch=4, more="", rest="", flags=()):
    """Exit code and output for a list of images of these widths; None: a file that is none."""
    rows = []
    for index, width in enumerate(sizes):
        path = tmp_path / f"{index}.png"
        if width is None:
            path.write_bytes(b"nonsense")
        else:
            cv2.imwrite(str(path), np.full((40, width, 3), 90, np.uint8))
        rows.append(f"{path} {labels[index % len(labels)]}\n")
    (tmp_path / "list.txt").write_text("".join(rows))
    net = tmp_path / "net.prototxt"
    net.write_text('layer { name: "data" type: "ImageData" top: "data" top: "label" '
                   f'image_data_param {{ source: "{tmp_path}/list.txt" batch_size: {batch} '
                   f'{more} }} }} {rest}')
    return check_data.main([str(net), "--phase", "TRAIN", *flags]), capsys.readouterr().out


@pytest.mark.parametrize("sizes, batch, more, code", [
    ([56, 56, 30, 56, 56], 4, "", 1), ([56, 56, 30, 56, 56], 1, "", 0), ([56] * 5, 4, "", 0),
    ([56, 56, 30, 56, 56], 4, "new_height: 9 new_width: 9", 0)])
def test_images_of_several_sizes_are_named_if_no_batch_holds_them(sizes, batch, more, code,
                                                                  tmp_path, capsys):
    found, text = check(tmp_path, capsys, sizes, batch=batch, more=more)
    assert found == code
    assert ("layer 'data' (ImageData): the images have 2 shapes, 4 of 5 have 56 x 40 pixels of 3 "
            "channels; those of a batch must have one: give new_height" in text) == bool(code)


@pytest.mark.parametrize("bad, flags, code", [(1, [], 0), (2, [], 1), (1, ["--strict"], 1),
                                              (0, ["--strict"], 0)])
def test_bad_images_count_as_in_training_and_strict_takes_none(bad, flags, code, tmp_path, capsys):
    found, text = check(tmp_path, capsys, [56] * 10 + [None] * bad, flags=flags)
    assert found == code and f"{10 + bad} entries, {bad} of them bad" in text


@pytest.mark.parametrize("labels, wrong", [((0, 1, 2), ""), ((1, 2, 3), 3), ((-1, 0, 1), -1)])
def test_labels_that_the_loss_does_not_have_are_named(labels, wrong, tmp_path, capsys):
    code, text = check(tmp_path, capsys, [56] * 6, labels, rest=SOLVED)
    assert code == int(wrong != "")
    assert wrong == "" or (f"the label of 2 images is {wrong}, but layer 'loss' (SoftmaxWithLoss) "
                           "compares 3 classes, from 0 on") in text


def test_a_net_that_cannot_be_built_is_named(tmp_path, capsys):
    code, text = check(tmp_path, capsys, [56] * 6, rest=SOLVED.replace("xavier", "xaver"))
    assert code == 1 and "bad for training: the net cannot be built: " in text
