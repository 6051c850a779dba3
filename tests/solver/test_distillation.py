"""Knowledge distillation: a teacher in the same net stays as it is, and the student learns it."""

import numpy as np
import pytest
import torch

from framework.net.net import Net
from framework.solver.solver import Solver
from framework.weights.weights import save_weights

NET = """
layer { name: "x" type: "DummyData" top: "x" dummy_data_param {
  shape { dim: 32 dim: 4 } data_filler { type: "gaussian" std: 2 } } }
layer { name: "teacher/score" type: "InnerProduct" bottom: "x" top: "teacher/score"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 1 } } }
layer { name: "teacher/bn" type: "BatchNorm" bottom: "teacher/score" top: "teacher/score" }
layer { name: "score" type: "InnerProduct" bottom: "x" top: "score"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "loss" type: "KnowledgeDistillation" bottom: "score" bottom: "teacher/score"
  top: "loss" propagate_down: true propagate_down: false
  knowledge_distillation_param { temperature: 3 } }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.03 lr_policy: "fixed" type: "Adam" momentum: 0.9 max_iter: 300
freeze: "teacher/*" snapshot_after_train: false random_seed: 1 display: 0
"""


@pytest.fixture
def solver(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    net = Net("net.prototxt", "TRAIN")
    with torch.no_grad():
        for blob, value in zip(net.params["teacher/bn"], (0.5, 4.0, 1.0), strict=True):
            blob.data.fill_(value)
    save_weights(net, "teacher.caffemodel")
    solver = Solver("solver.prototxt", weights="teacher.caffemodel")
    yield solver
    solver.close()


def test_a_student_comes_to_the_scores_of_a_frozen_teacher(solver):
    net = solver.net
    before = {name: [blob.data.clone() for blob in net.params[name]]
              for name in ("teacher/score", "teacher/bn")}
    solver.solve()
    for name, blobs in before.items():
        for old, blob in zip(blobs, net.params[name], strict=True):
            assert torch.equal(old, blob.data)
    net()
    student, teacher = (net.blobs[name].detach().numpy() for name in ("score", "teacher/score"))
    p, q = (np.exp(x) / np.exp(x).sum(1, keepdims=True) for x in (student, teacher))
    assert np.abs(p - q).max() < 0.01
