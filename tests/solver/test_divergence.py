"""A training that goes wrong says where, and with which records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest
from torch import Tensor

from framework.definition.prototxt import parse
from framework.errors import CaffeError
from framework.logs.log import Log
from framework.solver.divergence import LossWatch
from framework.solver.solver import Solver

DATA = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
"""
LEARNED = """
layer { name: "drop" type: "Dropout" bottom: "data" top: "drop" }
layer { name: "ip" type: "InnerProduct" bottom: "drop" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
NET = DATA + LEARNED
PARAMS = 'base_lr: 0.1 lr_policy: "fixed" momentum: 0.9 snapshot_prefix: "s" random_seed: 3 '


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)


def make(text: str, **options: Any) -> Solver:
    document = parse(PARAMS + text, "SolverParameter", "solver.prototxt")
    assert not document.problems
    return Solver(document, log=Log(enabled=False), **options)


def test_a_loss_that_is_nan_names_iteration_layer_and_blob():
    Path("net.prototxt").write_text(NET.replace('top: "drop" }', 'top: "drop0" } layer { name: '
                                    '"log" type: "Log" bottom: "drop0" top: "drop" }'))
    solver = make('net: "net.prototxt" max_iter: 3')
    with pytest.raises(CaffeError, match=r"iteration 0: the loss is nan; first in blob 'drop' of "
                       r"layer 'log' \(Log\) \(\d+ of 12 values are nan.*base_lr"):
        solver.solve()


def test_a_run_that_diverges_names_the_iteration():
    solver = make('net: "net.prototxt" max_iter: 400')
    solver.param.base_lr = 1e3
    with pytest.raises(CaffeError, match=r"iteration [1-9]\d*: the loss is (inf|nan)"):
        solver.solve()


def test_a_loss_that_stays_0_ends_the_run():
    Path("net.prototxt").write_text(NET.replace('top: "loss"', 'top: "loss" loss_weight: 0')
                                    + 'layer { name: "r" type: "Reduction" bottom: "ip" top: "r" '
                                    'loss_weight: 1 reduction_param { coeff: 0 } }')
    with pytest.raises(CaffeError, match="exactly 0 for 1000 iterations"):
        make('net: "net.prototxt" max_iter: 2000').solve()


@pytest.mark.parametrize("iter_size, batches", [
    (1, r"Batch 2 of the run; records of layer 'data': a\.h5\[4\], b\.h5\[0\];"),
    (2, r"Batches 2 to 3 of the run; records of layer 'data': "
        r"a\.h5\[4\], b\.h5\[0\], b\.h5\[1\], a\.h5\[0\];")])
def test_the_rows_of_hdf5_files_are_named(iter_size, batches):
    draw = np.random.default_rng(0)
    for name, rows in (("a.h5", 5), ("b.h5", 2)):
        with h5py.File(name, "w") as file:
            file["data"] = draw.normal(size=(rows, 3)).astype(np.float32)
            file["label"] = draw.normal(size=(rows, 2)).astype(np.float32)
    with h5py.File("b.h5", "a") as file:
        file["data"][0, 1] = np.nan         # row 5 of the run: in batch 2
    Path("list.txt").write_text("a.h5\nb.h5\n")
    Path("net.prototxt").write_text('layer { name: "data" type: "HDF5Data" top: "data" '
                                    'top: "label" hdf5_data_param { source: "list.txt" '
                                    'batch_size: 2 } }' + LEARNED)
    with pytest.raises(CaffeError, match=rf"iteration {2 // iter_size}: the loss is nan; first in "
                       r"the data: blob 'data'.*" + batches):
        make(f'net: "net.prototxt" max_iter: 4 iter_size: {iter_size}').solve()


def test_the_images_of_the_batch_are_named_without_those_left_out():
    for index, size in enumerate((6, 0, 6, 6, 6)):      # the second file is empty
        pixels = np.full((6, 7, 3), 10 * index, np.uint8)
        Path(f"{index}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes()[:size * 1000])
    Path("list.txt").write_text("".join(f"{index}.png 1\n" for index in range(5)))
    Path("net.prototxt").write_text("""
        layer { name: "data" type: "ImageData" top: "data" top: "label"
          image_data_param { source: "list.txt" batch_size: 2 } }
        layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
          inner_product_param { num_output: 1 weight_filler { type: "constant" value: 1 } } }
        layer { name: "log" type: "Log" bottom: "ip" top: "log" log_param { shift: -3000 } }
        layer { name: "r" type: "Reduction" bottom: "log" top: "r" loss_weight: 1 }""")
    # the first batch is of 0.png and 2.png: the sums are 0 - 3000 and 2520 - 3000
    with pytest.raises(CaffeError, match=r"Batch 0 of the run; records of layer 'data': 0\.png, "
                       r"2\.png; largest gradients: .*usual cause"):
        make('net: "net.prototxt" max_iter: 4').solve()


def test_no_snapshot_is_written_after_a_loss_that_is_nan(monkeypatch):
    monkeypatch.setattr("framework.solver.divergence.LossWatch.add", late)
    Path("net.prototxt").write_text(NET.replace('top: "drop" }', 'top: "drop0" } layer { name: '
                                    '"log" type: "Log" bottom: "drop0" top: "drop" }'))
    with pytest.raises(CaffeError, match="iteration 0: the loss is nan"):
        make('net: "net.prototxt" max_iter: 3 snapshot: 2').solve()
    assert not list(Path().glob("s_iter_*"))


def late(watch: LossWatch, loss: Tensor, shown: bool) -> bool:
    """As on a GPU, where a look would wait."""
    watch.unseen.append(loss)
    return False


def test_data_that_are_nan_are_the_cause_and_not_the_rate():
    with h5py.File("d.h5", "w") as file:
        file["data"] = np.full((4, 3), np.nan, np.float32)
        file["label"] = np.zeros((4, 2), np.float32)
    Path("list").write_text("d.h5\n")
    Path("net.prototxt").write_text('layer { name: "d" type: "HDF5Data" top: "data" top: "label" '
                                    'hdf5_data_param { source: "list" batch_size: 4 } }' + LEARNED)
    with pytest.raises(CaffeError, match="first in the data: blob 'data' .* The data hold these "
                                         "values: mend the records") as caught:
        make('net: "net.prototxt" max_iter: 3').solve()
    assert "base_lr" not in str(caught.value)
