"""The Open Inference Protocol: bytes written by hand from its specification."""

import json

import numpy as np
import pytest

from tests.serve.serving import (
    CLASSIFIER,
    LINEAR,
    MIXING,
    WEIGHT,
    ask,
    classifier,
    quadrants,
    run,
    small_net,
)

A = {"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}
B = {"name": "b", "shape": [1, 3], "datatype": "FP32", "data": [10, 20, 30]}
SUM = [15, 31, 47]              # WEIGHT @ (1, 2) + (10, 20, 30)


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    return {"linear": small_net(tmp_path_factory.mktemp("linear"), LINEAR, WEIGHT),
            "mixing": small_net(tmp_path_factory.mktemp("mixing"), MIXING, WEIGHT),
            "quads": quadrants(tmp_path_factory.mktemp("quads"))}


def infer(nets, message, tail=b"", headers=None, path="/v2/models/linear/infer"):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return ask(nets, "POST", path, content=body + tail, headers=headers or {})


def test_the_server_and_its_models_describe_themselves(nets):
    async def scenario(server):
        return [(await server.client.get(path)).json() for path in (
            "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/linear",
            "/v2/models/linear/versions/1", "/v2/models/linear/ready", "/v2/models/mixing",
            "/v2/models/quads")]

    server, live, ready, linear, version, model_ready, mixing, quads = run(nets, scenario)
    assert server["extensions"] == ["binary_tensor_data"] and set(server) == {
        "name", "version", "extensions"}
    assert (live, ready, model_ready) == ({"live": True}, {"ready": True},
                                          {"name": "linear", "ready": True})
    assert linear == version == {
        "name": "linear", "versions": ["1"], "platform": "caffe_on_torch",
        "inputs": [{"name": "a", "datatype": "FP32", "shape": [-1, 2]},
                   {"name": "b", "datatype": "FP32", "shape": [-1, 3]}],
        "outputs": [{"name": "sum", "datatype": "FP32", "shape": [-1, 3]}]}
    assert [one["shape"] for one in mixing["inputs"]] == [[1, 2], [1, 3]]
    assert quads["inputs"][0]["shape"] == [-1, 3, 16, 16]
    assert quads["outputs"][0]["shape"] == [1, 1, -1, 7]


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]])
def test_json_tensors_may_be_flat_or_nested(nets, data):
    message = {"id": "m1", "inputs": [
        {**A, "shape": [2, 2], "data": data},
        {**B, "shape": [2, 3], "data": [0.5] * 6}]}
    answer = infer(nets, message)
    expected = np.array([[1, 2], [3, 4]]) @ WEIGHT.T + 0.5
    assert answer.json() == {
        "model_name": "linear", "model_version": "1", "id": "m1",
        "outputs": [{"name": "sum", "datatype": "FP32", "shape": [2, 3],
                     "data": expected.ravel().tolist()}]}


@pytest.mark.parametrize("asks", [
    {"parameters": {"binary_data_output": True}},
    {"outputs": [{"name": "sum", "parameters": {"binary_data": True}}]}])
def test_binary_tensors_follow_the_json_in_both_directions(nets, asks):
    """FP32 in little endian, one input after the other, after the bytes that the header counts."""
    message = json.dumps({**asks, "inputs": [
        {"name": "a", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        {"name": "b", "shape": [1, 3], "datatype": "FP32",
         "parameters": {"binary_data_size": 12}}]}).encode()
    tail = bytes.fromhex("0000803f 00000040" "00002041 0000a041 0000f041")   # 1 2, 10 20 30
    answer = infer(nets, message, tail, {"Inference-Header-Content-Length": str(len(message))})
    assert answer.headers["content-type"] == "application/octet-stream"
    length = int(answer.headers["inference-header-content-length"])
    (output,) = json.loads(answer.content[:length])["outputs"]
    assert output == {"name": "sum", "datatype": "FP32", "shape": [1, 3],
                      "parameters": {"binary_data_size": 12}}
    assert answer.content[length:] == bytes.fromhex("00007041 0000f841 00003c42")   # 15 31 47


def test_one_input_may_be_binary_and_another_json_and_outputs_stay_json(nets):
    message = json.dumps({"inputs": [
        A, {"name": "b", "shape": [1, 3], "datatype": "FP32",
            "parameters": {"binary_data_size": 12}}]}).encode()
    answer = infer(nets, message, np.array([10, 20, 30], "<f4").tobytes(),
                   {"Inference-Header-Content-Length": str(len(message))})
    assert answer.json()["outputs"][0]["data"] == SUM


def test_a_detector_takes_prepared_pixels_and_gives_rows_of_detection_output(nets):
    pixels = np.full((2, 3, 16, 16), -0.8, np.float32)
    pixels[1, :, 8:, :8] = 1.2
    message = {"inputs": [{"name": "data", "shape": [2, 3, 16, 16], "datatype": "FP32",
                           "data": pixels.ravel().tolist()}]}
    (output,) = infer(nets, message, path="/v2/models/quads/infer").json()["outputs"]
    rows = np.array(output["data"]).reshape(output["shape"])[0, 0]
    (best,) = rows[rows[:, 2] > 0.5]
    np.testing.assert_allclose(best, [1, 1, 1, 0, 0.5, 0.5, 1], atol=1e-5)


def test_a_version_in_the_path_must_be_the_one_in_use(nets):
    message = {"inputs": [A, B]}
    assert infer(nets, message, path="/v2/models/linear/versions/1/infer").status_code == 200
    answer = infer(nets, message, path="/v2/models/linear/versions/7/infer")
    assert answer.status_code == 404 and "has the version 1, not '7'" in answer.json()["error"]


LONG = {**A, "shape": [9, 2], "data": [0] * 18}
CASES = [
    (b"{", "the body is not JSON"),
    (b"[" * 100_000, "it is nested too deeply"),
    (b"[]", "the body must be a JSON object"),
    (b'{"inputs": NaN}', "NaN is not a value of JSON"),
    (b'{"inputs": ' + b"1" * 5000 + b"}", "the body is not JSON"),
    (b"\xff\xfe\xfa", "the body is not JSON"),
    ({"inputs": [A, B], "id": 3}, "'id' must be a string"),
    ({"inputs": [A, B], "sequence": 1}, "unknown member 'sequence'"),
    ({"inputs": [A, B], "parameters": []}, "must be an object"),
    ({"inputs": [A, B], "parameters": {"sequence_id": 3}}, "'sequence_id', which is not supported"),
    ({"inputs": [A, B], "parameters": {"binary_data_output": 1}}, "must be true or false"),
    ({}, "'inputs' must be a list"),
    ({"inputs": [A]}, "the input 'b' is missing"),
    ({"inputs": [A, A]}, "'inputs' has 'a' twice"),
    ({"inputs": [{**A, "name": "c"}]}, "'inputs' must name a, b, and has 'c'"),
    ({"inputs": ["a"]}, "'inputs' must name a, b"),
    ({"inputs": [{**A, "datatype": "FP64"}, B]}, "has the datatype 'FP64'; it must be FP32"),
    ({"inputs": [{**A, "shape": [1, 3]}, B]}, r"has the shape \[1, 3\]; it must be \[-1, 2\]"),
    ({"inputs": [{**A, "shape": [True, 2]}, B]}, "must have a shape"),
    ({"inputs": [{**A, "shape": [0, 2], "data": []}, B]}, "has 0 items; it may have 1 to 8"),
    ({"inputs": [{**A, "shape": [-1, 2]}, B]}, "has -1 items"),
    ({"inputs": [LONG, B]}, "has 9 items; it may have 1 to 8"),
    ({"inputs": [{**A, "shape": [2, 2], "data": [0] * 4}, B]}, "different numbers of items"),
    ({"inputs": [{**A, "data": ["1", "2"]}, B]}, "must be numbers"),
    ({"inputs": [{**A, "data": [1, None]}, B]}, "must be numbers"),
    ({"inputs": [{**A, "data": [[1], [2, 3]]}, B]}, "must be numbers, flat or nested"),
    ({"inputs": [{**A, "data": [1]}, B]}, r"have the shape \[1\]; the shape stated is \[1, 2\]"),
    ({"inputs": [{**A, "data": [1, 1e300]}, B]}, "beyond the range of FP32"),
    ({"inputs": [{**A, "data": 1}, B]}, "must have 'data', a list, or binary data"),
    ({"inputs": [{**A, "parameters": {"binary_data_size": 8}}, B]}, "'data' must not be given"),
    ({"inputs": [{**A, "parameters": {"shared_memory_region": "x"}}, B]}, "is not supported"),
    ({"inputs": [A, B], "outputs": [{"name": "x"}]}, "'outputs' must name sum"),
    ({"inputs": [A, B], "outputs": [{"name": "sum", "parameters": {"classification": 2}}]},
     "'classification', which is not supported"),
]


@pytest.mark.parametrize("message, text", CASES, ids=range(len(CASES)))
def test_a_wrong_request_is_refused_by_what_is_wrong_with_it(nets, message, text):
    answer = infer(nets, message)
    assert answer.status_code == 400 and answer.text.count("\n") == 1
    with pytest.raises(ValueError, match=text):
        raise ValueError(answer.json()["error"])


@pytest.mark.parametrize("length, tail, text", [
    ("x", b"", "must be a number of bytes, at most the"), ("-1", b"", "must be a number"),
    ("9999", b"", "must be a number of bytes"), ("²", b"", "must be a number of bytes"),
    ("all", b"abc", "the body has 3 bytes after the JSON; the inputs state 0")])
def test_a_wrong_length_of_the_json_is_refused(nets, length, tail, text):
    message = json.dumps({"inputs": [A, B]}).encode()
    header = str(len(message)) if length == "all" else length
    answer = infer(nets, message, tail, {"Inference-Header-Content-Length": header.encode()})
    assert answer.status_code == 400 and text in answer.json()["error"]


def test_binary_data_that_end_too_soon_are_refused(nets):
    message = json.dumps({"inputs": [
        {"name": "a", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        B]}).encode()
    answer = infer(nets, message, bytes(7), {"Inference-Header-Content-Length": str(len(message))})
    assert "ends within the binary data of input 'a'" in answer.json()["error"]


def test_values_that_json_cannot_hold_are_given_in_binary_only(nets):
    parts = [np.array([np.inf, 0], "<f4").tobytes(), np.zeros(3, "<f4").tobytes()]
    for wanted, status in ((False, 400), (True, 200)):
        message = json.dumps({"parameters": {"binary_data_output": wanted}, "inputs": [
            {"name": "a", "shape": [1, 2], "datatype": "FP32",
             "parameters": {"binary_data_size": 8}},
            {"name": "b", "shape": [1, 3], "datatype": "FP32",
             "parameters": {"binary_data_size": 12}}]}).encode()
        answer = infer(nets, message, b"".join(parts),
                       {"Inference-Header-Content-Length": str(len(message))})
        assert answer.status_code == status
    assert "inf" not in answer.text


def test_a_net_whose_items_depend_on_one_another_runs_each_request_alone(nets):
    """Softmax over the items: alone, the one item has probability 1."""
    answer = infer(nets, {"inputs": [A, B]}, path="/v2/models/mixing/infer")
    assert answer.json()["outputs"][0]["data"] == [1, 1, 1]
    two = {"inputs": [{**A, "shape": [2, 2], "data": [0] * 4}, B]}
    answer = infer(nets, two, path="/v2/models/mixing/infer")
    assert "has the shape [2, 2]; it must be [1, 2]" in answer.json()["error"]


def test_a_classifier_is_served_by_the_protocol_too(tmp_path):
    assert "colours" in CLASSIFIER
    nets = {"colours": classifier(tmp_path)}
    pixels = np.zeros((1, 3, 4, 6), np.float32)
    pixels[:, 1] = np.log(2)
    answer = infer(nets, {"inputs": [{"name": "data", "shape": [1, 3, 4, 6], "datatype": "FP32",
                                      "data": pixels.ravel().tolist()}]},
                   path="/v2/models/colours/infer")
    np.testing.assert_allclose(answer.json()["outputs"][0]["data"], [0.25, 0.5, 0.25], rtol=1e-5)
