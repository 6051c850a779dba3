"""Real models give the outputs that the original gave."""

import numpy as np
import pytest
import torch

import tests.golden as golden
from framework.net.net import Net

MODELS = golden.SHARED / "models"


@golden.needs_models
@pytest.mark.parametrize("name", golden.photograph_names("models"))
def test_a_real_model_computes_what_the_original_computed(name):
    case = golden.load_case(name)
    folder = MODELS / str(case["model"])
    net = Net(folder / f"{folder.name}.prototxt", phase=str(case["phase"]),
              weights=folder / f"{folder.name}.caffemodel")

    with torch.inference_mode():
        net({key: torch.from_numpy(value) for key, value in golden.part(case, "in").items()})

    for key, stat in golden.part(case, "midstat").items():   # the first layer that differs
        blob = net.blobs[key].double()
        found = [blob.mean(), blob.std(unbiased=False), blob.min(), blob.max()]
        scale = np.abs(stat).max() + 1e-6
        np.testing.assert_allclose(found, stat, rtol=0, atol=1e-4 * scale, err_msg=key)
    for key, expected in {**golden.part(case, "mid"), **golden.part(case, "out")}.items():
        golden.assert_close(net.blobs[key], expected, 1e-4, key)
