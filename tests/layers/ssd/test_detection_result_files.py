"""Result files of DetectionOutput."""

import json

import numpy as np
import pytest

from framework.errors import SpecError
from tests.layers.ssd.test_detection_output import example
from tests.support import make


def saving(tmp_path, form, extra="", images=3):
    (tmp_path / "sizes.txt").write_text("a/one 50 80\n0012 33 40\nthree 7 9\n")
    (tmp_path / "map.prototxt").write_text("".join(
        f'item {{ name: "{name}" label: {label} }}\n'
        for label, name in enumerate(["none", "cat", "17", "dog"])))
    return f"""num_classes: 4 confidence_threshold: 0.3 save_output_param {{
        output_directory: "{tmp_path}/out" output_name_prefix: "r_" output_format: "{form}"
        label_map_file: "{tmp_path}/map.prototxt" name_size_file: "{tmp_path}/sizes.txt"
        num_test_image: {images} {extra} }}"""


def written(rows, sizes=((50, 80), (33, 40), (7, 9))):
    """(image, label, score, x, y, width, height) as they must be written."""
    result = []
    for image, label, score, *box in np.asarray(rows[0, 0], dtype=np.float32).tolist():
        height, width = sizes[int(image)]
        x1, y1, x2, y2 = np.clip(box, 0, 1) * [width, height, width, height]
        result.append((int(image), int(label), score, *(float(np.round(n, 2)) for n in
                                                        (x1, y1, x2 - x1, y2 - y1))))
    return result


@pytest.mark.parametrize("form", ["VOC", "ILSVRC"])
def test_lines_of_result_files(tmp_path, form):
    bottoms = example()
    layer = make("DetectionOutput", f"detection_output_param {{ {saving(tmp_path, form)} }}",
                 *(tuple(bottom.shape) for bottom in bottoms))

    rows = layer(*bottoms)

    names, classes = ["a/one", "0012", "three"], ["none", "cat", "17", "dog"]
    files = {f"r_{name}.txt": "" for name in classes[1:]} if form == "VOC" else {"r_.txt": ""}
    for image, label, score, x, y, width, height in written(rows):
        corners = f"{int(x)} {int(y)} {int(x) + int(width)} {int(y) + int(height)}"
        if form == "VOC":
            files[f"r_{classes[label]}.txt"] += f"{names[image]} {score:.6g} {corners}\n"
        else:
            files["r_.txt"] += f"{names[image]} {label} {score:.6g} {corners}\n"
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == files


def test_coco_results_are_json_whose_numbers_are_numbers(tmp_path):
    bottoms = example()
    layer = make("DetectionOutput", f"detection_output_param {{ {saving(tmp_path, 'COCO')} }}",
                 *(tuple(bottom.shape) for bottom in bottoms))

    rows = layer(*bottoms)

    found = json.loads((tmp_path / "out" / "r_.json").read_text())
    assert len(found) == rows.shape[2] > 5
    for entry, (image, label, score, *box) in zip(found, written(rows), strict=True):
        assert entry["image_id"] == ["a/one", 12, "three"][image]
        assert entry["category_id"] == ["none", "cat", 17, "dog"][label]
        np.testing.assert_allclose(entry["score"], score, rtol=1e-6)
        np.testing.assert_allclose(entry["bbox"], box, atol=0.011)


def test_files_are_written_when_the_last_image_of_the_set_has_come(tmp_path):
    bottoms = example()
    text = saving(tmp_path, "ILSVRC", images=2)
    layer = make("DetectionOutput", f"detection_output_param {{ {text} }}",
                 *(tuple(bottom.shape) for bottom in bottoms))
    path = tmp_path / "out" / "r_.txt"

    layer(bottoms[0][:1], bottoms[1][:1], bottoms[2])
    assert not path.exists()
    layer(bottoms[0][1:2], bottoms[1][1:2], bottoms[2])

    assert {line.split()[0] for line in path.read_text().splitlines()} == {"a/one", "0012"}


def test_boxes_of_padded_inputs_lose_the_padding(tmp_path):
    bottoms = example()
    extra = "resize_param { resize_mode: FIT_LARGE_SIZE_AND_PAD height: 100 width: 100 }"
    layer = make("DetectionOutput", f"detection_output_param {{ "
                 f"{saving(tmp_path, 'ILSVRC', extra)} }}", *(tuple(x.shape) for x in bottoms))

    rows = layer(*bottoms)[0, 0]

    line = (tmp_path / "out" / "r_.txt").read_text().splitlines()[0].split()
    x1, y1, x2, y2 = rows[0, 3:].tolist()        # the first image is 80 x 50: 18.75 lines above
    assert int(line[3]) == int(max(x1, 0) * 80)
    assert int(line[4]) == int(min(max((y1 * 100 - 18.75) / 62.5, 0), 1) * 50)


@pytest.mark.parametrize("old, new, message", [
    ("VOC", "PASCAL", "output_format is 'PASCAL'; it must be one of VOC, COCO, ILSVRC"),
    ("map.prototxt", "maps.prototxt", "label_map_file is '.*maps.prototxt'; there is no such file"),
    ("sizes.txt", "size.txt", "name_size_file is '.*size.txt'; there is no such file"),
    ("num_test_image: 3", "num_test_image: 4", "num_test_image is 4; it must be from 1 to .* 3"),
    ("num_classes: 4", "num_classes: 5", "has no name for the labels 4"),
    ("num_test_image: 3", "resize_param { height: 0 width: 3 }", "height is 0; it must be at"),
])
def test_wrong_result_settings_are_errors_that_name_them(tmp_path, old, new, message):
    text = saving(tmp_path, "VOC").replace(old, new)
    num_classes = 5 if "num_classes: 5" in text else 4
    shapes = [tuple(bottom.shape) for bottom in example(num_classes=num_classes)]

    with pytest.raises(SpecError, match=message):
        make("DetectionOutput", f"detection_output_param {{ {text} }}", *shapes)


def test_without_a_label_map_nothing_is_saved_as_in_the_original(tmp_path):
    bottoms = example()
    text = f'num_classes: 4 save_output_param {{ output_directory: "{tmp_path}/out" }}'
    layer = make("DetectionOutput", f"detection_output_param {{ {text} }}",
                 *(tuple(bottom.shape) for bottom in bottoms))

    layer(*bottoms)

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name, reason", [
    ("../../evil", "a path: it has a /"), ("/etc/evil", "a path: it has a /"),
    ("a\\000b", "not text: it has control characters"), ("..", "not the name of a file"),
    ("x" * 255, "longer than the 255 bytes"),
])
def test_a_class_name_that_is_no_name_of_a_file_is_refused(tmp_path, name, reason):
    text = saving(tmp_path, "VOC")
    path = tmp_path / "map.prototxt"
    path.write_text(path.read_text().replace("cat", name))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SpecError, match=f"label_map_file is .*map.prototxt', .* is {reason}"):
        make("DetectionOutput", f"detection_output_param {{ {text} }}",
             *(tuple(bottom.shape) for bottom in example()))
    assert sorted(tmp_path.rglob("*")) == before
    make("DetectionOutput", "detection_output_param {" + text.replace('"VOC"', '"COCO"') + "}",
         *(tuple(bottom.shape) for bottom in example()))         # no file has a class's name


@pytest.mark.parametrize("field", ["output_directory", "output_name_prefix"])
def test_a_nul_in_a_name_of_result_files_is_refused(tmp_path, field):
    text = saving(tmp_path, "COCO").replace(f'{field}: "', f'{field}: "\\000')
    with pytest.raises(SpecError, match=f"save_output_param.{field} is .* no NUL"):
        make("DetectionOutput", f"detection_output_param {{ {text} }}",
             *(tuple(bottom.shape) for bottom in example()))
