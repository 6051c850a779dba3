"""tools/compare: what it says of two runs, and what it refuses."""

import os
import pickle
import re
import subprocess
import sys

import cv2
import numpy as np
import onnx
import pytest

from framework.cli.compare import main
from framework.cli.export import main as export
from framework.export.comparison import compare_blobs, difference, draw, table
from framework.export.onnx_model import Options, to_model
from framework.export.sensitivity import to_levels
from framework.weights.weights import save_weights
from tests.export.support import run_ours
from tests.export.test_export_program import TEXT, X, files, small_net  # noqa: F401
from tests.support import noise

# ruff: noqa: F811


def ours(folder, kind=""):
    return f"{kind}{folder / 'net.prototxt'},{folder / 'net.caffemodel'}"


@pytest.fixture
def onnx_file(files):
    (files / "net.onnx").write_bytes(to_model(small_net(), Options()).SerializeToString())
    return files / "net.onnx"


def test_the_numbers_of_a_difference_are_those_of_numpy():
    generator = np.random.default_rng(0)
    a = generator.standard_normal((2, 3, 5)).astype(np.float32)
    b = a + generator.standard_normal(a.shape).astype(np.float32) / 50
    found = difference("blob", a, b)
    far = np.abs(a.astype(float) - b)
    cosine = (a.astype(float) * b).sum() / np.sqrt((a.astype(float) ** 2).sum()
                                                   * (b.astype(float) ** 2).sum())
    assert found.largest == pytest.approx(far.max()) and found.mean == pytest.approx(far.mean())
    assert found.part == pytest.approx(far.max() / np.abs(a).max())
    assert found.cosine == pytest.approx(cosine)


@pytest.mark.parametrize("b, part, note", [
    (np.ones((1, 2, 1, 1)), 0, "B is 1 x 2 x 1 x 1"), (np.ones((1, 3)), np.inf, "B is 1 x 3"),
    (np.array([[1, np.nan]]), np.inf, "NaN"), (np.ones((1, 2)), 0, "")])
def test_shapes_and_nan_are_told(b, part, note):
    found = difference("x", np.ones((1, 2)), b)
    assert found.part == part and note in found.note


def test_detections_in_another_order_are_matched():
    rows = np.array([[0, 1, 0.9, 0, 0, 1, 1], [0, 1, 0.9, 0.2, 0.2, 0.5, 0.5]], np.float32)
    a, b = rows[None, None], rows[::-1][None, None]
    assert difference("out", a, b).part == 0
    assert difference("out", a, np.full((1, 1, 5, 7), -1, np.float32)).part == np.inf
    labels = np.array([[0, 1, 0.9, 0, 0, 1, 1], [0, 2, 0.8, 0.2, 0.2, 0.5, 0.5]], np.float32)
    assert difference("out", labels[None, None], labels[::-1][None, None]).part == 0


def test_a_table_has_no_cosine_where_rows_were_matched():
    rows = np.array([[0, 1, 0.9, 0, 0, 1, 1], [0, 1, 0.8, 0.2, 0.2, 0.5, 0.5]], np.float32)
    lines = table([difference("out", rows[None, None], rows[::-1][None, None])], 1e-4).split("\n")
    assert lines[1].split()[-4:] == ["0.00e+00", "-", "rows", "matched"]
    assert lines[1].index(" - ") + 1 == lines[0].index("cosine")


def test_the_first_blob_that_differs_is_named(files, onnx_file, capsys):
    other = small_net()
    other.layer("scale").bias.data += 1
    save_weights(other, files / "net.caffemodel")
    assert main([ours(files), str(onnx_file)]) == 1
    assert "the first blob that differs is 'norm'" in capsys.readouterr().out


def test_a_net_and_its_onnx_file_agree(files, onnx_file, capsys):
    plot = files / "plot.png"
    assert main([ours(files), str(onnx_file), "--plot", str(plot)]) == 0
    said = capsys.readouterr().out
    assert "3 blobs agree" in said and re.search(r"prob +1 x 4 x 7 x 5", said)
    assert cv2.imread(str(plot)).shape[1] == 940


@pytest.mark.parametrize("kind, tolerance", [("float16:", 0.02), ("bfloat16:", 0.1),
                                             ("optimised:", 1e-5)])
def test_precisions_of_one_net_differ_as_they_must(files, kind, tolerance, capsys):
    assert main([ours(files), ours(files, kind), "--tolerance", str(tolerance)]) == 0
    assert "blobs agree" in capsys.readouterr().out
    if kind != "optimised:":
        assert main([ours(files), ours(files, kind), "--tolerance", "1e-7"]) == 1


def test_arrays_of_a_script_bring_their_inputs(files, capsys):
    blobs = {"data": X, **run_ours(small_net(), {"data": X})}
    np.savez(files / "dump.npz", **blobs)
    assert main([ours(files), str(files / "dump.npz")]) == 0
    (files / "dump").mkdir()
    for name, array in blobs.items():
        np.save(files / "dump" / f"{name}.npy", array)
    assert main([str(files / "dump"), ours(files)]) == 0
    assert "2 blobs agree" in capsys.readouterr().out


def test_blobs_of_other_names_are_mapped(files, capsys):
    np.savez(files / "a.npz", one=np.ones((2, 3)))
    np.savez(files / "b.npz", two=np.ones((2, 3)))
    pair = [str(files / "a.npz"), str(files / "b.npz")]
    assert main(pair) == 1
    assert "have no blob of the same name" in capsys.readouterr().err
    assert main([*pair, "--map", "one=two"]) == 0


@pytest.mark.parametrize("flags, reason", [
    (("--map", "cnv=conv"), "--map is 'cnv=conv'; A has no blob 'cnv'"),
    (("--map", "conv="), "--map is 'conv='; B has no blob ''"),
    (("--map", "conv=norm", "--map", "conv=conv"), "--map names a blob of A twice")])
def test_a_name_without_a_blob_is_one_line(files, onnx_file, flags, reason, capsys):
    assert main([ours(files), str(onnx_file), *flags]) == 1
    assert capsys.readouterr().err == f"error: {reason}\n"


def test_a_seed_below_0_is_refused(files, onnx_file, capsys):
    with pytest.raises(SystemExit):
        main([ours(files), str(onnx_file), "--seed", "-1"])
    assert "argument --seed: -1 is not from 0 to" in capsys.readouterr().err


def test_weights_in_eight_bits_are_multiples_of_a_127th():
    x = noise((4, 5), requires_grad=False).float()
    levels = (to_levels(x, x.abs().max()) / x.abs().max() * 127).numpy()
    np.testing.assert_allclose(levels, np.round(x.numpy() / np.abs(x.numpy()).max() * 127),
                               atol=1e-3)


def test_the_most_sensitive_layer_comes_first(files, capsys):
    assert main([ours(files), "--int8"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"conv +4 x 3 x 3 x 3 .* -> prob", said)
    assert main([ours(files), ours(files)]) == 0        # and the weights are as they were


@pytest.mark.parametrize("content, reason", [
    (b"", "is not a sound ONNX file"), (b"not a model", "is not a sound ONNX file")])
def test_a_broken_onnx_file_is_one_line(files, content, reason, capsys):
    (files / "net.onnx").write_bytes(content)
    assert main([ours(files), str(files / "net.onnx")]) == 1
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1


@pytest.mark.parametrize("name", ["pipe.onnx", "pipe.npz"])
def test_a_named_pipe_does_not_block_a_comparison(files, name, capsys):
    os.mkfifo(files / name)
    assert main([ours(files), str(files / name)]) == 1
    assert capsys.readouterr().err == f"error: {files / name}: is not a regular file\n"


@pytest.mark.parametrize("flags, takes", [
    (["--batch", "2"], "2 x 3 x 9 x 7,"), (["--preprocessing"], "1 x 9 x 7 x 3 bytes,")])
def test_an_onnx_file_with_another_input_says_which(files, flags, takes, capsys):
    assert export(["--model", str(files / "net.prototxt"), "--weights",
                   str(files / "net.caffemodel"), "--out", str(files / "other.onnx"), *flags]) == 0
    assert main([ours(files), str(files / "other.onnx")]) == 1
    assert f"takes the input 'data' as {takes} and the other side has" in capsys.readouterr().err


def test_a_truncated_onnx_file_is_one_line(files, onnx_file, capsys):
    onnx_file.write_bytes(onnx_file.read_bytes()[:-40])
    assert main([ours(files), str(onnx_file)]) == 1
    assert "is not a sound ONNX file" in capsys.readouterr().err


@pytest.mark.parametrize("b, reason", [
    ("net.caffemodel", "is not a source of blobs"), ("missing.onnx", "No such file"),
    ("missing.npz", "No such file"), ("a.prototxt,b.caffemodel", "a.prototxt")])
def test_what_is_no_source_is_one_line(files, b, reason, capsys):
    assert main([ours(files), b]) == 1
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1


@pytest.mark.parametrize("write", [
    lambda path: np.savez(path, {"data": 1}),
    lambda path: path.write_bytes(pickle.dumps({"data": np.ones(3)}))])
def test_pickled_blobs_are_refused_with_what_is_allowed(files, write, capsys):
    write(files / "dump.npz")
    assert main([ours(files), str(files / "dump.npz")]) == 1
    assert capsys.readouterr().err == (
        f"error: {files / 'dump.npz'}: is not a file of arrays: it holds pickled Python objects, "
        "which are never loaded; allowed are arrays of numbers: np.savez(file, **{name: blob.data "
        "for name, blob in net.blobs.items()})\n")


def test_arrays_of_words_are_refused(files, capsys):
    np.savez(files / "dump.npz", names=np.array(["a", "bc"]))
    assert main([ours(files), str(files / "dump.npz")]) == 1
    assert "the array 'names' holds str64; it must hold real numbers" in capsys.readouterr().err


def without_shapes(onnx_file, what):
    """The file without the shapes of its inputs or outputs."""
    model = onnx.load(onnx_file)
    for info in getattr(model.graph, what):
        info.type.tensor_type.ClearField("shape")
    path = onnx_file.with_name(f"no_{what}.onnx")
    path.write_bytes(model.SerializeToString())
    return str(path)


def test_an_onnx_file_need_not_say_the_shapes_of_its_outputs(files, onnx_file, capsys):
    bare = without_shapes(onnx_file, "output")
    assert main([ours(files), bare]) == 0
    assert main([bare, str(onnx_file)]) == 0        # as A it draws the inputs
    assert "agree" in capsys.readouterr().out


def test_an_onnx_file_without_the_shapes_of_its_inputs_takes_those_of_the_other(files, onnx_file,
                                                                               capsys):
    bare = without_shapes(onnx_file, "input")
    assert main([ours(files), bare]) == 0
    assert main([bare, ours(files)]) == 1
    assert capsys.readouterr().err == (
        f"error: {bare}: does not say the shape of its input 'data'; give the inputs with "
        "--inputs, or the other side as A\n")


def test_an_opencv_that_reads_no_caffe_files_is_said(files, capsys):
    if hasattr(cv2.dnn, "readNetFromCaffe"):
        pytest.skip("this OpenCV reads Caffe files")
    assert main([ours(files), ours(files, "opencv:")]) == 1
    assert re.search(r"OpenCV 5.*--opencv-python", capsys.readouterr().err)
    assert main([ours(files), ours(files, "opencv:"), "--opencv-python", "/no/python"]) == 1
    assert "--opencv-python /no/python: cannot be run" in capsys.readouterr().err


def test_a_plot_that_cannot_be_written_is_one_line(files, capsys):
    (files / "plot.png").mkdir()
    assert main([ours(files), ours(files), "--plot", str(files / "plot.png")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_without_b_or_int8_nothing_is_compared(files, capsys):
    assert main([ours(files)]) == 1
    assert "give A and B, or A and --int8" in capsys.readouterr().err


def test_table_and_image_mark_what_differs():
    rows = compare_blobs({"a": np.ones(3), "b": np.ones(3)}, {"a": np.ones(3), "b": np.ones(3) * 2})
    lines = table(rows, 1e-4).splitlines()
    assert lines[1].startswith("  a") and lines[2].startswith("* b")
    assert (draw(rows, 1e-4, "title") == (60, 60, 210)).all(-1).any()


def test_the_program_starts_without_torch_for_its_help():
    done = subprocess.run([sys.executable, "tools/compare", "--help"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0 and "FILE.onnx" in done.stdout
