"""tools/make_dataset: what its data layers take, and verification of pairs."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli.make_dataset import main
from framework.cli.test import main as score
from framework.data.datasets.drawn_faces import draw_face, draw_identity
from framework.data.datasets.drawn_strings import draw_text
from framework.data.datasets.drawn_strokes import RADII, SIZE, stroke
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.support import net_from

FACES = """layer {{ name: "data" type: "ImageData" top: "data" top: "label"
  image_data_param {{ source: "{name}" root_folder: "f/" batch_size: {batch} {more} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param {{ num_output: 5 weight_filler {{ type: "xavier" }} }} }}
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_strings_have_a_class_for_each_character_and_blanks_after_the_last():
    assert main("strings s --train 5 --test 7 --characters abc --length 2 4 --seed 3".split()) == 0
    lines = [line.split() for line in Path("s/test.txt").read_text().splitlines()]
    assert len(lines) == 7
    assert len({line.count("0") for line in lines}) > 1
    for name, *classes in lines:
        assert cv2.imread(f"s/{name}", cv2.IMREAD_UNCHANGED).shape == (32, 96)
        text = draw_text(np.random.default_rng([3, int(Path(name).stem)]), "abc", (2, 4),
                         (32, 96))[1]
        assert "".join("_abc"[int(value)] for value in classes) == text.ljust(4, "_")


def test_the_same_seed_draws_the_same_data():
    for out in ("a", "b"):
        assert main(f"faces {out} --train 2 --test 2 --images 2 --size 24 --pairs 1".split()) == 0
    files = [path.relative_to("a") for path in sorted(Path("a").rglob("*.*")) if path.is_file()]
    assert len(files) == 12
    assert all(Path("a", one).read_bytes() == Path("b", one).read_bytes() for one in files)


def test_a_person_differs_more_from_another_than_from_itself():
    persons = [draw_identity(np.random.default_rng([1, number])) for number in range(12)]
    faces = [[draw_face(person, np.random.default_rng([2, number, index]), 32).astype(float)
              for index in range(6)] for number, person in enumerate(persons)]
    middle = np.array([np.mean([face[10:22, 10:22] for face in of_one], axis=0)
                       for of_one in faces])
    within = np.mean([np.abs(np.array(of_one)[:3, 10:22, 10:22].mean(0)
                             - np.array(of_one)[3:, 10:22, 10:22].mean(0)).mean()
                      for of_one in faces])
    between = np.mean([np.abs(a - b).mean() for a in middle for b in middle if a is not b])
    assert between > 1.2 * within


def test_the_middle_line_of_a_stroke_is_its_radius_away_from_the_outline():
    for number, (least, most) in enumerate(RADII * 4):
        generator = np.random.default_rng([4, number])
        radius = generator.uniform(least, most)
        line, outline = stroke(generator, radius)
        away = [cv2.pointPolygonTest(outline, point.tolist(), True) for point in line]
        np.testing.assert_allclose(away, radius, rtol=0.05)
        assert (outline >= 0).all() and (outline <= SIZE).all()


def test_a_pixel_of_a_skeleton_has_the_scale_of_its_stroke():
    assert main("skeletons s --train 12 --test 3 --seed 5".split()) == 0
    lines = [line.split() for line in Path("s/train.txt").read_text().splitlines()]
    assert len(lines) == 12 and len(Path("s/test.txt").read_text().splitlines()) == 3
    scales = set()
    for image, mask in lines:
        assert cv2.imread(f"s/{image}", cv2.IMREAD_UNCHANGED).shape == (SIZE, SIZE, 3)
        labels = cv2.imread(f"s/{mask}", cv2.IMREAD_UNCHANGED)
        assert labels.shape == (SIZE, SIZE) and labels.any()
        scales |= set(np.unique(labels).tolist())
    assert scales == {0, 1, 2, 3}


@pytest.mark.parametrize("words, message", [
    ("strings s --characters ab\u00e9", "'\u00e9' cannot be drawn"),
    ("strings s --characters aba", "each character must be there once"),
    ("strings s --length 5 4", "--length 5 4: give one number, or the fewest and the most"),
    ("faces s --images 1", "--test and --images must be at least 2")])
def test_what_cannot_be_drawn_is_one_line(words, message, capsys):
    assert main(words.split()) == 1
    assert message in capsys.readouterr().err
    assert not Path("s").exists()


def test_a_batch_holds_several_images_of_each_class(capsys, caplog):
    main("faces f --train 4 --test 2 --images 3 --size 16 --pairs 2".split())
    text = Path("f/train.txt").read_text() + "images/person000005/person000005_0001.png 9\n"
    Path("f/more.txt").write_text(text)
    net = net_from(FACES.format(name="f/more.txt", batch=6, more="images_per_class: 2"))
    for _ in range(5):
        net()
        labels = net.blobs["label"].tolist()
        assert labels[::2] == labels[1::2]
        assert len(set(labels)) == 3
    assert "classes with one image in f/more.txt are left out: 1, the first of them 9" in \
        caplog.text
    net.close()


@pytest.mark.parametrize("batch, more, message", [
    (7, "images_per_class: 2", "is 2; it must be 2 or more and divide batch_size, 7"),
    (10, "images_per_class: 2", "4 classes of two images or more; a batch of 10 with "
                                "images_per_class 2 takes 5")])
def test_batches_that_cannot_be_made_are_refused(batch, more, message):
    main("faces f --train 4 --test 2 --images 2 --size 16 --pairs 2".split())
    with pytest.raises(Exception, match=message):
        net_from(FACES.format(name="f/train.txt", batch=batch, more=more))


def test_pairs_are_verified_by_the_features_of_a_net(capsys):
    main("faces f --train 0 --test 4 --images 3 --size 16 --pairs 4 --seed 2".split())
    Path("net.prototxt").write_text(FACES.format(name="f/test.txt", batch=5, more=""))
    net = Net("net.prototxt", "TEST")
    save_weights(net, "w.caffemodel")
    found = {}
    for index in range(3):
        net()
        for key, row in zip(net.sources[0][0].keys(index), net.blobs["ip"].tolist(), strict=True):
            found[Path(key).stem] = np.array(row)
    net.close()
    lines = Path("f/pairs.txt").read_text().splitlines()[1:]
    Path("f/pairs.txt").write_text("10\t4\n" + "\n".join(lines) + "\n")
    scores, same = [], []
    for line in lines:
        words = line.split()
        words = [words[0], words[1], words[0], words[2]] if len(words) == 3 else words
        a, b = (found[f"{words[at]}_{int(words[at + 1]):04d}"] for at in (0, 2))
        scores.append(-np.linalg.norm(a - b))
        same.append(words[0] == words[2])
    scores, same = np.array(scores), np.array(same)
    above = scores[same][:, None] - scores[~same]
    area = ((above > 0) + 0.5 * (above == 0)).mean()
    words = ("net.prototxt --weights w.caffemodel --metric pairs --pairs f/pairs.txt "
             "--distance euclidean --features ip --roc roc.csv").split()
    assert score(words) == 0
    errors = capsys.readouterr().err
    assert "f/pairs.txt: 80 pairs, 40 of them of one identity; 12 images" in errors
    assert float(re.findall(r"area under the ROC = ([\d.]+)", errors)[0]) == pytest.approx(
        area, rel=1e-4)
    assert re.search(r"accuracy = 0\.\d+ \+- 0\.\d+ \(10 folds", errors)
    rows = [line.split(",") for line in Path("roc.csv").read_text().splitlines()[1:]]
    for threshold, far, tar in np.array(rows, float)[::7]:
        assert far == pytest.approx((scores[~same] >= threshold - 1e-5).mean(), abs=0.03)
        assert tar == pytest.approx((scores[same] >= threshold - 1e-5).mean(), abs=0.03)


def test_pairs_without_images_are_counted_and_named(capsys):
    main("faces f --train 0 --test 2 --images 2 --size 16 --pairs 2".split())
    Path("net.prototxt").write_text(FACES.format(name="f/test.txt", batch=4, more=""))
    net = Net("net.prototxt", "TEST")
    save_weights(net, "w.caffemodel")
    net.close()
    Path("list").write_text("person000000_0001 person000000_0002 1\n"
                            "person000000_0001 person000001_0002 0\nperson000000_0001 nobody 0\n")
    words = "net.prototxt --weights w.caffemodel --metric pairs --pairs list".split()
    assert score(words) == 0
    assert ("list: 1 pair of 3 left out: their images are not in the net's data; the first is line "
            "3, with 'nobody'") in capsys.readouterr().err
    Path("list").write_text("a b 1\n")
    assert score(words) == 1
    assert "with 'a'" in capsys.readouterr().err
    assert score([*words[:-2], "--metric", "pairs"]) == 1
    assert "--pairs is missing" in capsys.readouterr().err
    assert score(["net.prototxt", "--weights", "w.caffemodel", "--roc", "x"]) == 1
    assert "--roc is given without --metric pairs" in capsys.readouterr().err
