"""tools/extract_features: blobs to LMDBs of Datums."""

from __future__ import annotations

import re
from pathlib import Path

import lmdb
import numpy as np
import pytest
import torch

from framework.cli.extract_features import main
from framework.net.net import Net
from framework.proto import Datum
from framework.weights.weights import save_weights
from tests.data.making import encoded, image

NET = """layer { name: "data" type: "ImageData" top: "data" top: "label"
  image_data_param { source: "list.txt" batch_size: 3 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_h: 3 kernel_w: 5 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    for index in range(3):
        Path(f"{index}.png").write_bytes(encoded(image(index, 11, 16), ".png"))
    Path("list.txt").write_text("".join(f"{index}.png {index}\n" for index in range(3)))
    net = Net("net.prototxt")
    save_weights(net, "w.caffemodel")
    net.close()


def read_all(folder):
    with lmdb.open(folder, readonly=True, lock=False) as environment, \
            environment.begin() as transaction:
        return [(bytes(key), Datum.FromString(value)) for key, value in transaction.cursor()]


def test_each_image_has_a_record_in_each_database(capsys):
    assert main(["w.caffemodel", "net.prototxt", "conv,ip", "convs,ips", "2", "lmdb", "CPU"]) == 0
    said = capsys.readouterr()
    assert said.out == "convs: 6 features of blob conv\nips: 6 features of blob ip\n"
    assert "2 batches of 3 are 6 records, and layer 'data' has 3, so that each counts 2 times in " \
           "the features; 1 batches take them all\n" in said.err
    net = Net("net.prototxt", weights="w.caffemodel")
    with torch.no_grad():
        net()
    for name, folder, sides in (("conv", "convs", (2, 9, 12)), ("ip", "ips", (4, 1, 1))):
        records = read_all(folder)
        assert [key for key, _ in records] == [b"%010d" % index for index in range(6)]
        for index, (_, datum) in enumerate(records):
            assert (datum.channels, datum.height, datum.width) == sides
            expected = net.blobs[name][index % 3].flatten().numpy()
            np.testing.assert_allclose(datum.float_data, expected, rtol=1e-5, atol=1e-4)
    assert np.abs(read_all("ips")[0][1].float_data).max() > 1
    net.close()


@pytest.mark.parametrize(("blobs", "folders", "number", "kind", "message"), [
    ("conv,ip", "a", "1", "lmdb", "2 blobs are named, but 1 databases"),
    ("cony", "a", "1", "lmdb", "no blob is named 'cony'; did you mean 'conv'"),
    ("conv", "a", "0", "lmdb", "the number of batches is 0"),
    ("conv", "a", "1", "leveldb", "LevelDB is not supported")])
def test_mistakes_are_named_and_nothing_is_written(blobs, folders, number, kind, message, capsys):
    assert main(["w.caffemodel", "net.prototxt", blobs, folders, number, kind]) == 1
    assert message in capsys.readouterr().err
    assert not Path("a").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_named_with_the_word_to_give(capsys):
    assert main(["w.caffemodel", "net.prototxt", "conv", "convs", "2", "lmdb", "GPU", "1"]) == 1
    assert re.search(r"^error: GPU 1: torch .* sees no CUDA device here; give CPU instead$",
                     capsys.readouterr().err, re.MULTILINE)


def test_labels_are_records_of_one_number():
    assert main(["w.caffemodel", "net.prototxt", "label", "labels", "1", "lmdb"]) == 0
    assert [list(datum.float_data) for _, datum in read_all("labels")] == [[0], [1], [2]]


def test_a_loss_is_a_record_for_each_batch():
    """Blob::num and count of a scalar are 1 in the original (LegacyShape)."""
    Path("net.prototxt").write_text(NET + """layer { name: "loss" type: "SoftmaxWithLoss"
      bottom: "ip" bottom: "label" top: "loss" }""")
    assert main(["w.caffemodel", "net.prototxt", "loss", "losses", "2", "lmdb"]) == 0
    records = read_all("losses")
    assert [key for key, _ in records] == [b"0000000000", b"0000000001"]
    net = Net("net.prototxt", weights="w.caffemodel")
    with torch.no_grad():
        net()
    (value,) = records[0][1].float_data
    np.testing.assert_allclose(value, net.blobs["loss"].item(), rtol=1e-5)


def test_two_blobs_do_not_go_into_one_database(capsys):
    assert main(["w.caffemodel", "net.prototxt", "conv,ip", "a,./a", "1", "lmdb"]) == 1
    assert "a: is given for several blobs; each needs a database of" in capsys.readouterr().err
    assert not Path("a").exists()
