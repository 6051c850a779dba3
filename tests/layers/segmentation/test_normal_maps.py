"""Normals from a codebook, by loops as decode_layer.cpp and rescale_layer.cpp have them."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from tests.support import array, check_layer, make, noise

SHAPE = (2, 4, 5, 3)
CODES = [[1, 0, 0.5], [-2, 1, 0], [0, 3, 1], [0.25, -1, 2]]
TRIANGLES = [[1, 2, 3], [4, 2, 1], [4, 3, 2]]
FILES = 'decode_param { source_dict: "codes" source_triids: "triangles" %s }'


def write(folder, name, rows):
    text = "\n".join(" ".join(str(number) for number in row) for row in rows)
    (folder / name).write_text(text + "\n")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "codes", CODES)
    write(tmp_path, "triangles", TRIANGLES)
    return tmp_path


def probabilities():
    return noise(*SHAPE).detach().softmax(1).requires_grad_()


def decoded(x, triangle_of):
    found = np.zeros((2, 3, 5, 3))
    for n, h, w in np.ndindex(2, 5, 3):
        for number in triangle_of(x[n, :, h, w]):
            found[n, :, h, w] += x[n, number - 1, h, w] * np.array(CODES[number - 1])
    return found


def best(values):
    sums = [sum(values[number - 1] for number in triangle) for triangle in TRIANGLES]
    return TRIANGLES[int(np.argmax(sums))] if max(sums) > 0 else TRIANGLES[0]


def test_the_triangle_of_the_highest_sum_is_decoded(folder):
    x = probabilities()
    found = make("CodebookDecode", FILES % "", SHAPE)(x)
    values = x.detach().numpy()
    taken = {tuple(best(values[n, :, h, w])) for n, h, w in np.ndindex(2, 5, 3)}
    assert taken == {tuple(triangle) for triangle in TRIANGLES}
    np.testing.assert_allclose(found.detach(), decoded(values, best), rtol=1e-12)
    signed = noise(*SHAPE, requires_grad=False) - 1       # sums below 0: the first triangle
    found = make("CodebookDecode", FILES % "", SHAPE)(signed)
    np.testing.assert_allclose(found, decoded(signed.numpy(), best), rtol=1e-12)


def test_all_vectors_count_with_usesoft(folder):
    x = probabilities()
    found = make("CodebookDecode", FILES % "usesoft: true", SHAPE)(x)
    np.testing.assert_allclose(found.detach(), decoded(x.detach().numpy(), lambda _: range(1, 5)),
                               rtol=1e-12)


@pytest.mark.parametrize("soft", ["", "usesoft: true"])
def test_the_gradient_is_that_of_the_first_triangle(folder, soft):
    x, slopes = probabilities(), noise(2, 3, 5, 3, seed=7, requires_grad=False)
    (make("CodebookDecode", FILES % soft, SHAPE)(x) * slopes).sum().backward()
    expected = np.zeros(SHAPE)
    for number in TRIANGLES[0]:
        expected[:, number - 1] = np.einsum("k,nkhw->nhw", CODES[number - 1], slopes)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-12)


def test_values_are_rescaled_to_those_of_bytes_without_the_mean(folder):
    write(folder, "mean", [range(3, 63)])
    x = noise(*SHAPE)
    layer = make("MeanRescale", 'decode_param { source_dict: "mean" }', SHAPE)
    mean = np.arange(3, 63).reshape(SHAPE[1:])
    np.testing.assert_allclose(layer(x).detach(), array(x) * 128 + 128 - mean, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_both_stand_the_common_check(folder):
    write(folder, "mean", [[0.5] * 60])
    check_layer(make("CodebookDecode", FILES % "", SHAPE), probabilities(), blobs=(),
                gradient=False, autocast=False)
    check_layer(make("MeanRescale", 'decode_param { source_dict: "mean" }', SHAPE), noise(*SHAPE),
                blobs=())


def test_files_that_come_later_are_read_at_the_first_forward(folder):
    (folder / "codes").unlink()
    layer, x = make("CodebookDecode", FILES % "", SHAPE), probabilities()
    with pytest.raises(SpecError, match="source_dict is 'codes', which cannot be read: No such"):
        layer(x)
    write(folder, "codes", CODES)
    np.testing.assert_allclose(layer(x).detach(), decoded(x.detach().numpy(), best), rtol=1e-6)


@pytest.mark.parametrize("name, rows, message", [
    ("codes", CODES[:3], "source_dict has 3 vectors; the bottom has 4 channels"),
    ("codes", [[1, 2, 3, 4]], "source_dict is 'codes', which has 4 numbers; it must have 3 a row"),
    ("codes", [["a", 2, 3]], "which has other than numbers in it"),
    ("triangles", [[1, 2, 5]], "source_triids lists what is not from 1 to the 4 vectors"),
    ("triangles", [[0, 2, 3]], "lists what is not from 1"),
    ("triangles", [], "which has 0 numbers"),
])
def test_files_of_other_contents_are_refused(folder, name, rows, message):
    write(folder, name, rows)
    with pytest.raises(SpecError, match=message):
        make("CodebookDecode", FILES % "", SHAPE)


def test_a_mean_must_have_a_number_for_each_value(folder):
    write(folder, "mean", [[1] * 59])
    with pytest.raises(SpecError, match="'mean', which has 59 numbers; there are 60 values an"):
        make("MeanRescale", 'decode_param { source_dict: "mean" }', SHAPE)
    with pytest.raises(SpecError, match="source_dict is missing; the layer reads it"):
        make("MeanRescale", "", SHAPE)
    with pytest.raises(SpecError, match="source_triids is missing"):
        make("CodebookDecode", 'decode_param { source_dict: "codes" }', SHAPE)(probabilities())


def test_the_v1_forms_have_their_fields():
    net = parse_net("""layers { name: "a" type: RESHAPE bottom: "x" top: "y"
        reshape_param { new_channel: 4 new_patch_width: 2 } }
        layers { name: "b" type: DECODE bottom: "y" top: "z" decode_param { usesoft: true } }
        layers { name: "c" type: RESCALE bottom: "z" top: "w" decode_param { source_dict: "m" } }
        layers { name: "d" type: COMBINE bottom: "w" bottom: "z" top: "v" }""").message.layer
    assert [layer.type for layer in net] == ["PatchReshape", "CodebookDecode", "MeanRescale",
                                             "Concat"]
    assert net[0].patch_reshape_param.new_patch_width == 2
    assert net[1].decode_param.usesoft and net[2].decode_param.source_dict == "m"


def test_an_accuracy_beside_a_codebook_says_nothing():
    text = """layer { name: "a" type: "Accuracy" bottom: "x" bottom: "y" bottom: "z" top: "w" }
        layer { name: "b" type: "%s" bottom: "x" top: "v" }"""
    kinds = [parse_net(text % kind).message.layer[0].type for kind in ("CodebookDecode", "ReLU")]
    assert kinds == ["IdleAccuracy", "Accuracy"]
    found = make("IdleAccuracy", "", (2, 3, 5, 4), (2,), (7,))(noise(2, 3, 5, 4), *[noise(2)] * 2)
    np.testing.assert_array_equal(found, np.zeros((1, 2, 1, 1)))
