"""DSSM, ESIM and ABCNN: parameters as published, and their attention in numpy."""

import numpy as np
import pytest
import torch

from framework.cli.make_dataset import main as make_dataset
from framework.data.datasets.sentence_pairs import LENGTH, vocabulary
from framework.definition.spec import NetSpec
from framework.errors import DataError
from framework.layers.base import DataOptions
from framework.net.build import build_layers, build_sources
from framework.net.net import Net
from framework.net.reading import read_net
from framework.proto import ParamSpec
from tests.test_zoo import ROOT, build_on_meta

ESIM_WORDS = 42_394
EMBEDDING = ESIM_WORDS * 300


def num_distinct(name):
    """Numbers that learn, those of a shared blob once."""
    layers, _, _ = build_on_meta(ROOT / name / "deploy.prototxt")
    seen = {}
    for layer in layers:
        given = list(layer.spec.proto.param)
        for index, blob in enumerate(layer.blobs):
            own = given[index] if index < len(given) else ParamSpec()
            if isinstance(blob, torch.nn.Parameter) and own.lr_mult:
                seen[own.name or (layer.spec.name, index)] = blob.numel()
    return sum(seen.values())


@pytest.mark.parametrize("name, count", [
    ("esim", 4_326_303 + EMBEDDING),        # the paper's 4.3 million leave out the words' vectors
    ("dssm", 30_621 * 300 + 300 + 300 * 300 + 300 + 300 * 128 + 128),
    # 50 filters of 4 words over two maps of 300, two maps from attention, and the classifier
    ("abcnn", 30_000 * 300 + 50 * (2 * 4 * 300 + 1) + 2 * 40 * 300 + (2 * 50 + 1) * 2)])
def test_number_of_parameters_is_that_of_the_paper(name, count):
    assert num_distinct(name) == count


@pytest.mark.parametrize("name", [
    "esim", "dssm", "abcnn", "esim_sentences", "dssm_sentences", "abcnn_sentences"])
def test_a_recipe_of_sentences_has_a_loss_for_what_its_data_give(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = NetSpec(read_net(ROOT / name / "train_test.prototxt"), "TRAIN")
    if name.endswith("sentences"):
        assert make_dataset("sentences sentences --train 200 --test 5".split()) == 0
        shapes = {}
        for source, _ in build_sources(spec, DataOptions(), shapes, skip_data=False):
            source.close()
        assert shapes["first"] == (64, LENGTH)
    else:
        length = {"dssm": 30_621, "esim": 32, "abcnn": 40}[name]
        shapes = dict.fromkeys(spec.layers[0].tops, (8, length))
        shapes["label"] = (8,)
        spec.layers = spec.layers[1:]
    assert any(layer.loss for layer in build_layers(spec, shapes, {}))


def run(name):
    """A small net's blobs for a pair of random sentences, each (1, ...) as arrays."""
    net = Net(ROOT / name / "deploy.prototxt", "TEST", seed=1)
    generator = np.random.default_rng(3)
    words = generator.integers(0, 64, (2, 1, LENGTH)).astype(np.float32)
    with torch.no_grad():
        net({"first": torch.from_numpy(words[0]), "second": torch.from_numpy(words[1])})
    return {key: blob.numpy() for key, blob in net.blobs.items()}


def test_esim_aligns_each_word_with_the_others_by_softmax():
    blobs = run("esim_sentences")
    a, b = blobs["first_rows"][0], blobs["second_rows"][0]
    likeness = np.exp(a @ b.T)
    np.testing.assert_allclose(blobs["first_aligned"][0],
                               likeness / likeness.sum(1, keepdims=True) @ b, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(blobs["second_aligned"][0],
                               (likeness / likeness.sum(0)).T @ a, rtol=1e-4, atol=1e-6)
    enhanced = blobs["first_enhanced"][0]
    aligned = blobs["first_aligned"][0]
    np.testing.assert_allclose(enhanced, np.concatenate([a, aligned, a - aligned, a * aligned], 1),
                               rtol=1e-5, atol=1e-6)


def test_abcnn_attends_by_the_inverse_distance_of_words():
    blobs = run("abcnn_sentences")
    a, b = blobs["first_embed"][0], blobs["second_embed"][0]
    distance = np.sqrt(((a[:, None] - b) ** 2).sum(2))
    # 1e-4 is added under the root, whose slope at 0 has no bound
    np.testing.assert_allclose(blobs["first_attention"][0], 1 / (1 + distance), atol=0.011)
    far = distance > 0.1
    np.testing.assert_allclose(blobs["first_attention"][0][far], 1 / (1 + distance[far]),
                               atol=1e-3)
    np.testing.assert_array_equal(blobs["second_attention"][0], blobs["first_attention"][0].T)


@pytest.mark.parametrize("name, blob, least", [
    ("abcnn_sentences", "spread", 0.05), ("esim_sentences", "pooled", 0.004)])
def test_another_word_shows_in_what_an_untrained_net_scores_by(name, blob, least):
    # it was 0.004 and 0.0016: so little moves nothing within the recipe's steps
    net = Net(ROOT / name / "deploy.prototxt", "TEST", seed=1)
    words = np.random.default_rng(3).integers(1, 64, (2, 1, LENGTH)).astype(np.float32)
    found = []
    for word in (7, 50):
        words[1, 0, 4] = word
        with torch.no_grad():
            net({"first": torch.from_numpy(words[0]), "second": torch.from_numpy(words[1])})
        found.append(net.blobs[blob].numpy().copy())
    assert np.sqrt(np.mean((found[1] - found[0]) ** 2)) > least


def test_esim_looks_at_some_words_more_than_at_others_before_it_learns():
    assert run("esim_sentences")["to_second"].max() > 1.5 / LENGTH      # all alike: 1 / LENGTH


def test_dssm_scores_by_the_cosine():
    blobs = run("dssm_sentences")
    a, b = blobs["first_layer2"][0], blobs["second_layer2"][0]
    assert blobs["cosine"][0] == pytest.approx(
        a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-5)


def test_a_word_that_is_not_in_the_table_is_named():
    net = Net(ROOT / "abcnn_sentences" / "deploy.prototxt", "TEST")
    words = torch.zeros(1, LENGTH)
    words[0, 7] = 64
    message = (r"abcnn_sentences/deploy.prototxt:\d+: layer 'second_embed' \(Embed\): "
               r"blob 'second' has the value 64 at item 0, position 7 of the batch; it must be "
               r"from 0 to 63")
    with pytest.raises(DataError, match=message):
        net({"first": torch.zeros(1, LENGTH), "second": words})


def test_the_nets_know_all_words_of_the_corpus():
    assert len(vocabulary()) == 64
