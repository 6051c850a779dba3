"""Every layer and net case of the original, forward and backward."""

import numpy as np
import pytest

import tests.golden as golden

EXACT = {"concat", "slice", "split", "flatten", "reshape", "permute", "tile", "crop", "filter",
         "batch_reindex", "dummy_data", "im2col", "argmax", "detection_evaluate", "silence"}
LIMITS = {"reduction": 1e-4, "prior_box": 1e-6}
GRADIENT_LIMITS = {"lrn": 5e-5, "batch_norm": 5e-5, "mvn": 5e-5, "rnn": 5e-5, "lstm": 5e-5,
                   "reduction": 1e-4}
SHAPE_ONLY = ("empty_window", "nan")


@pytest.mark.parametrize("name", golden.case_names())
def test_layer_computes_what_the_original_computed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = golden.load_case(name)
    group = name.split("/")[0]
    limit = 0.0 if group in EXACT else LIMITS.get(group, 1e-5)

    net = golden.build(case, tmp_path)
    blobs = golden.forward(net, case)

    for key, expected in {**golden.part(case, "mid"), **golden.part(case, "out")}.items():
        if group == "pool" and name.endswith(SHAPE_ONLY):
            assert blobs[key].shape == expected.shape
        else:
            golden.assert_close(blobs[key], expected, limit, key)
    for key, expected in golden.part(case, "param_after").items():
        layer, index = key.rsplit("/", 1)
        golden.assert_close(net.params[layer][int(index)], expected, 1e-5, f"{key} after")
    for path, content in golden.part(case, "outfile").items():
        assert (tmp_path / path).read_bytes() == content.tobytes(), path
    if int(case.get("no_backward", 0)) or (group == "pool" and name.endswith(SHAPE_ONLY)):
        return

    golden.backward(net, case)

    one_channel = group == "normalize" and "spatial" in name
    limit = 1e-4 if one_channel else GRADIENT_LIMITS.get(group, 1e-5)
    for key, expected in golden.part(case, "indiff").items():
        found = blobs[key] if key not in golden.part(case, "in") else None
        grad = (net.blobs[key] if found is None else found).grad
        grad = np.zeros_like(expected) if grad is None else grad
        golden.assert_close(grad, expected, limit, f"gradient of {key}", one_channel)
    for key, expected in golden.part(case, "paramdiff").items():
        golden.assert_close(golden.parameter_gradient(net, key), expected, limit,
                            f"gradient of {key}", one_channel)
