"""Engines: the same boxes as torch, from an export that is made once and kept."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from framework.cli.detect import main as detect_main
from framework.cli.time import main as time_main
from framework.errors import CaffeError
from framework.inference import export_cache
from framework.inference.detector import Detector
from framework.inference.engines import make_engine
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.quadrants import bright_quarter, write_net

SHAPES = Path(__file__).resolve().parents[2] / "prototxt" / "ssd_shapes" / "deploy.prototxt"
IMAGES = [np.random.default_rng(seed).integers(0, 256, (40 + 9 * seed, 70, 3), np.uint8)
          for seed in range(3)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own; the folder of the exports."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "caffe-on-torch" / "engines"


@pytest.fixture(scope="module")
def noise_weights(tmp_path_factory):
    """Weights of ssd_shapes: offsets have a deviation of about 1, scores before softmax of 3."""
    net = Net(SHAPES, "TEST", seed=4)
    x = torch.randn(net.shapes["data"], generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        net({"data": x})
        for name, blobs in net.params.items():
            if name.endswith(("_loc", "_conf")):
                blobs[0].mul_((3 if name.endswith("_conf") else 1) / net.blobs[name].std())
    path = tmp_path_factory.mktemp("weights") / "noise.caffemodel"
    save_weights(net, path)
    return path


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert len(one) > 20
        assert one.labels.tolist() == other.labels.tolist()
        np.testing.assert_allclose(one.scores, other.scores, rtol=0, atol=1e-5)
        np.testing.assert_allclose(one.boxes, other.boxes, rtol=0, atol=1e-4)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_an_engine_finds_the_boxes_of_torch_in_any_number_of_images(engine, noise_weights):
    pytest.importorskip(engine, reason=f"{engine} is not installed: it runs the export")
    torch_detector = Detector(SHAPES, noise_weights)
    detector = Detector(SHAPES, noise_weights, engine=engine)

    for images in (IMAGES, IMAGES[:1]):
        assert_same(detector.detect(images), torch_detector.detect(images))


def test_an_image_without_detections_has_none(tmp_path):
    detector = Detector(*write_net(tmp_path), engine="onnxruntime")
    dark = np.full((40, 60, 3), 20, np.uint8)

    found = detector.detect([dark, bright_quarter(40, 60, 1, 1)], threshold=0.5)

    assert found[0] == [] and len(found[1]) == 1
    np.testing.assert_allclose(found[1][0].corners, (30, 20, 60, 40), atol=1e-4)


def test_a_test_net_runs_without_its_labels(tmp_path):
    model, weights = write_net(tmp_path, "test")
    images = [bright_quarter(40, 60, 1, 1)] * 2

    found = Detector(model, weights, engine="onnxruntime").detect(images, 0.5)

    assert found == [found[0]] * 2
    expected = Detector(model, weights).detect(images, 0.5)
    np.testing.assert_allclose(found[0].boxes, expected[0].boxes, atol=1e-4)


def test_the_export_is_made_once_told_in_one_line_and_kept(tmp_path, cache, capsys, monkeypatch):
    files = write_net(tmp_path)
    Detector(*files, engine="onnxruntime")
    lines = capsys.readouterr().err.splitlines()
    (path,) = cache.iterdir()
    assert len(lines) == 1 and f"kept as {path}" in lines[0] and "blobs agree" in lines[0]

    monkeypatch.setattr(export_cache, "to_model", None)     # a second export would fail
    detector = Detector(*files, engine="onnxruntime")

    assert capsys.readouterr().err == ""
    assert len(detector.detect(bright_quarter(40, 60, 1, 1), 0.5)[0]) == 1


def test_other_weights_another_net_and_another_version_have_exports_of_their_own(
        tmp_path, cache, monkeypatch):
    model, weights = write_net(tmp_path)
    net = Net(model, weights=weights)
    keys = {export_cache.key(net, ["detection_out"])}
    with torch.no_grad():
        net.params["conf"][1][0] += 1e-6
    keys.add(export_cache.key(net, ["detection_out"]))
    model.write_text(model.read_text().replace("nms_threshold: 0.45", "nms_threshold: 0.4"))
    net = Net(model, weights=weights)
    keys.add(export_cache.key(net, ["detection_out"]))
    monkeypatch.setattr("framework.__version__", "9.9")
    keys.add(export_cache.key(net, ["detection_out"]))

    assert len(keys) == 4
    assert export_cache.key(Net(model, weights=weights), ["detection_out"]) in keys


@pytest.mark.parametrize("content", [b"", b"x" * 500])
def test_a_damaged_export_is_made_again(tmp_path, cache, capsys, content):
    files = write_net(tmp_path)
    Detector(*files, engine="onnxruntime")
    (path,) = cache.iterdir()
    path.write_bytes(content)

    detector = Detector(*files, engine="onnxruntime")

    assert capsys.readouterr().err.count("exported") == 2 and path.stat().st_size > 500
    assert len(detector.detect(bright_quarter(40, 60, 1, 1), 0.5)[0]) == 1


def test_a_cache_that_cannot_be_written_is_told_and_the_engine_runs(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    detector = Detector(*write_net(tmp_path), engine="onnxruntime")

    assert "not kept: " in capsys.readouterr().err
    assert len(detector.detect(bright_quarter(40, 60, 1, 1), 0.5)[0]) == 1


@pytest.mark.parametrize("engine", ["torch", "onnxruntime", "openvino"])
def test_several_threads_use_one_detector_at_once(engine, noise_weights):
    if engine != "torch":
        pytest.importorskip(engine, reason=f"{engine} is not installed: it runs the export")
    detector = Detector(SHAPES, noise_weights, engine=engine)
    expected = [detector(image) for image in IMAGES]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(detector, IMAGES * 4))
    for one, other in zip(found, expected * 4, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)


def test_a_layer_type_that_is_not_in_a_file_is_exported_each_time(tmp_path, cache, capsys,
                                                                  monkeypatch):
    files = write_net(tmp_path)
    monkeypatch.setattr(sys.modules["framework.layers.pooling.pooling"], "__file__", None)

    for _ in range(2):
        Detector(*files, engine="onnxruntime")

    assert capsys.readouterr().err.count("not kept: the user has no home, or a layer") == 2
    assert not cache.exists()


def test_two_that_ask_at_once_get_one_export(tmp_path, cache, capsys):
    files = write_net(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        contents = list(pool.map(lambda _: export_cache.cached_export(
            Net(files[0], weights=files[1]), ["detection_out"], "onnxruntime"), range(2)))

    assert contents[0] == contents[1]
    assert capsys.readouterr().err.count("exported") == 1
    assert [path.suffix for path in cache.iterdir()] == [export_cache.SUFFIX]


def test_only_the_exports_used_last_are_kept(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(export_cache, "KEPT", 2)
    cache.mkdir(parents=True)
    old = [cache / f"onnxruntime-{number}.export" for number in range(3)]
    for age, path in enumerate(old):
        path.write_bytes(b"")
        os.utime(path, (1000 + age, 1000 + age))

    Detector(*write_net(tmp_path), engine="onnxruntime")

    left = set(cache.iterdir())
    assert len(left) == 2 and old[2] in left


def test_a_relative_cache_home_counts_as_not_set(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert export_cache.cache_folder() == tmp_path / ".cache" / "caffe-on-torch" / "engines"


def test_an_engine_that_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)

    with pytest.raises(CaffeError, match=r"openvino needs the package openvino: `pip install "
                                         r"'caffe-on-torch\[openvino\]'`$"):
        Detector(*write_net(tmp_path), engine="openvino")


def test_an_unknown_engine_is_refused_with_those_that_there_are(tmp_path):
    with pytest.raises(CaffeError, match="engine 'tensorrt' is not known; it must be one of torch, "
                                         "onnxruntime, openvino"):
        Detector(*write_net(tmp_path), engine="tensorrt")


def test_a_net_that_cannot_be_exported_is_one_line_with_layer_and_reason(tmp_path, cache):
    model, weights = write_net(tmp_path)
    model.write_text(model.read_text().replace("top_k: 10 }", "top_k: 10 eta: 0.9 }"))

    with pytest.raises(CaffeError) as found:
        Detector(model, weights, engine="onnxruntime")

    text = str(found.value)
    assert "\n" not in text and "layer 'detection_out' (DetectionOutput)" in text
    assert "no adaptive threshold: the engine onnxruntime cannot run the net" in text
    assert not list(cache.glob("*"))
    assert Detector(model, weights).engine.name == "torch"


def test_an_export_that_differs_from_the_net_is_refused_and_not_kept(tmp_path, cache, monkeypatch):
    model, weights = write_net(tmp_path)
    to_model = export_cache.to_model

    def wrong(net, options):
        made = to_model(net, options)
        with torch.no_grad():
            net.params["loc"][1][0] += 1
        return made

    monkeypatch.setattr(export_cache, "to_model", wrong)
    with pytest.raises(CaffeError, match="engine onnxruntime would differ: the blob 'loc' differs"):
        Detector(model, weights, engine="onnxruntime")
    assert not list(cache.glob("*"))


def test_images_of_another_size_than_the_net_files_are_refused(tmp_path):
    detector = Detector(*write_net(tmp_path), size=(24, 32), engine="onnxruntime")

    with pytest.raises(CaffeError, match="engine onnxruntime takes the input 'data' with the sizes "
                                         "3 x 16 x 16 of the net file, not 3 x 24 x 32"):
        detector.detect(IMAGES)


def test_any_blob_of_a_net_can_be_asked_for(tmp_path):
    model, weights = write_net(tmp_path)
    net = Net(model, weights=weights)
    x = np.random.default_rng(1).standard_normal((2, 3, 16, 16), np.float32)

    found = make_engine("onnxruntime", net, ["conf_softmax", "pool"]).run({"data": x})

    expected = make_engine("torch", net, ["conf_softmax", "pool"]).run({"data": x})
    assert list(found) == ["conf_softmax", "pool"]
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-5)


def test_the_times_of_engines_are_one_table(noise_weights, capsys):
    flags = ["--model", str(SHAPES), "--weights", str(noise_weights), "--iterations", "2"]
    assert time_main([*flags, "--engine", "onnxruntime"]) == 0

    lines = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()
             if line.startswith("I")]
    heads, ours, theirs = (line.split() for line in lines[-3:])
    assert heads == "engine median ms fastest ms items/s speed difference".split()
    assert ours[0] == "torch" and ours[4] == "1.00" and len(ours) == 5
    assert theirs[0] == "onnxruntime" and float(theirs[5]) < 1e-4
    assert float(theirs[2]) <= float(theirs[1])


@pytest.mark.parametrize("flags, message", [
    (["--engine", "torch"], "names nothing to compare torch with"),
    (["--engine", "tensorrt"], "the engine 'tensorrt' is not known"),
    (["--engine", "onnxruntime", "--phase", "TRAIN"], "--phase TRAIN does not go with --engine"),
])
def test_engines_that_cannot_be_timed_are_one_line(capsys, flags, message):
    assert time_main(["--model", str(SHAPES), *flags]) == 1
    errors = capsys.readouterr().err
    assert message in errors and errors.count("\n") == 1


def test_detect_writes_the_same_boxes_in_another_engine(tmp_path):
    model, weights = write_net(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), bright_quarter(40, 60, 1, 1))
    results = {}
    for engine in ("torch", "onnxruntime"):
        assert detect_main([str(tmp_path / "a.png"), "--model", str(model), "--weights",
                            str(weights), "--out", str(tmp_path / engine),
                            "--engine", engine]) == 0
        results[engine] = json.loads((tmp_path / engine / "detections.json").read_text())["images"]
    assert results["torch"][0]["detections"] == results["onnxruntime"][0]["detections"] != []
