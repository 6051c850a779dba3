"""Who may call a server, what it says of itself, and that it is not overrun."""

import asyncio
import contextlib
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from framework.serve.batcher import Batcher
from framework.serve.settings import Refusal, Settings
from tests.serve.serving import BRIGHT, LINEAR, WEIGHT, ask, quadrants, run, small_net

INPUTS = {"inputs": [{"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]},
                     {"name": "b", "shape": [1, 3], "datatype": "FP32", "data": [0, 0, 0]}]}


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    return {"linear": small_net(tmp_path_factory.mktemp("linear"), LINEAR, WEIGHT)}


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return {"quads": quadrants(tmp_path_factory.mktemp("quads"))}


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("127.0.0.1:8000", 200), ("[::1]:8000", 200), ("LocalHost:1", 200),
    ("evil.example", 400), ("localhost.evil.example", 400), ("", 400), ("[::2]", 400),
    ("127.0.0.1.nip.io:8000", 400)])
def test_only_the_servers_own_names_are_taken_as_host(nets, host, status):
    answer = ask(nets, "GET", "/v2/health/live", headers={"Host": host})
    assert answer.status_code == status
    assert status == 200 or "Host header" in answer.json()["error"]


@pytest.mark.parametrize("origin, status", [
    ("http://localhost", 200), ("http://evil.example", 403), ("null", 403),
    ("http://localhost:9999", 403)])
def test_pages_of_other_hosts_may_not_use_it(nets, origin, status):
    answer = ask(nets, "GET", "/models", headers={"Origin": origin})
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_origin_gets_the_headers_of_cors(nets):
    settings = Settings(origins=("https://page.example",), token="secret")

    async def scenario(server):
        asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization"}
        preflight = await server.client.options("/detect", headers=asked)
        real = await server.client.get("/models", headers={
            "Origin": "https://page.example", "Authorization": "Bearer secret"})
        other = await server.client.get("/models", headers={"Origin": "https://x.example"})
        return preflight, real, other

    preflight, real, other = run(nets, scenario, settings)
    assert preflight.status_code == real.status_code == 200 and other.status_code == 403
    assert real.headers["access-control-allow-origin"] == "https://page.example"


@pytest.mark.parametrize("path", ["/models", "/health", "/metrics", "/detect", "/v2/models/linear",
                                  "/nothing"])
@pytest.mark.parametrize("header", [None, "Bearer wrong", "secret", "Bearer secret ",
                                    "Bearer s\xe9cret".encode("latin-1")])
def test_without_the_token_nothing_of_the_nets_is_told(nets, path, header):
    answer = ask(nets, "GET", path, Settings(token="secret"),
                 headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


def test_with_the_token_and_for_page_and_probes_without_it_all_is_answered(nets):
    settings = Settings(token="secret")
    answer = ask(nets, "GET", "/models", settings, headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 200
    for path in ("/", "/page.js", "/page.css", "/v2/health/live", "/v2/health/ready"):
        assert ask(nets, "GET", path, settings).status_code == 200


def test_every_answer_forbids_sniffing_framing_and_foreign_scripts(nets):
    for path in ("/", "/models", "/nothing"):
        headers = ask(nets, "GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_the_page_loads_nothing_from_elsewhere_and_writes_no_html(nets):
    page = "".join(ask(nets, "GET", path).text for path in ("/", "/page.css", "/page.js"))
    assert "http:" not in page and "https:" not in page and "//cdn" not in page
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", page)


def hold(server):
    """Keep the nets' thread busy until the event is set."""
    event = threading.Event()
    server.compute.submit(event.wait, 60)
    return event


def test_requests_beyond_the_queue_get_503_and_a_time_to_come_back(nets):
    async def scenario(server):
        event = hold(server)
        path = "/v2/models/linear/infer"
        waiting = [asyncio.create_task(server.client.post(path, json=INPUTS)) for _ in range(3)]
        while server.models["linear"].batcher.tickets < 3:
            await asyncio.sleep(0.01)
        refused = await server.client.post(path, json=INPUTS)
        metrics = (await server.client.get("/metrics")).text
        event.set()
        return refused, await asyncio.gather(*waiting), metrics

    refused, answered, metrics = run(nets, scenario, Settings(queue=3))
    assert refused.status_code == 503 and int(refused.headers["retry-after"]) >= 1
    assert "3 requests wait already" in refused.json()["error"]
    assert [answer.json()["outputs"][0]["data"] for answer in answered] == [[5, 11, 17]] * 3
    assert 'caffe_serve_queue_length{model="linear"} 3' in metrics


@pytest.mark.parametrize("seconds, places", [
    (0.01, 64),         # 15 s / 0.01 s are more than the queue has
    (0.5, 30),          # 15 s / 0.5 s
    (20.0, 8)])         # a batch may always be in work: it may have become quicker
def test_a_queue_holds_what_a_slow_net_can_do_in_half_of_a_requests_time(seconds, places):
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(1) as compute:
        batcher = Batcher(compute, Settings(queue=64, timeout=30, batch=8))
        batcher.seconds = seconds
        for _ in range(places):
            stack.enter_context(batcher.ticket())
        with pytest.raises(Refusal, match=f"{places} requests wait already"):
            batcher.check()


def test_requests_that_wait_run_in_one_batch_with_the_answers_that_they_get_alone(nets):
    async def scenario(server):
        event = hold(server)
        tasks = []
        for number in range(5):
            inputs = [INPUTS["inputs"][0], {**INPUTS["inputs"][1], "data": [number] * 3}]
            tasks.append(asyncio.create_task(server.client.post(
                "/v2/models/linear/infer", json={"inputs": inputs})))
        while server.models["linear"].batcher.tickets < 5:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        event.set()
        answers = await asyncio.gather(*tasks)
        return answers, (await server.client.get("/metrics")).text

    answers, metrics = run(nets, scenario, Settings(batch=4, window=0.2))
    assert [answer.json()["outputs"][0]["data"] for answer in answers] == [
        [5 + number, 11 + number, 17 + number] for number in range(5)]
    # the window gathers 4, the last one runs alone
    assert 'caffe_serve_batch_size_sum{model="linear"} 5' in metrics
    assert 'caffe_serve_batch_size_bucket{model="linear",le="1"} 1' in metrics
    assert 'caffe_serve_batch_size_count{model="linear"} 2' in metrics


def test_images_of_several_requests_share_a_batch(detector):
    async def scenario(server):
        answers = await asyncio.gather(*[
            server.client.post("/detect", content=BRIGHT) for _ in range(6)])
        return answers, (await server.client.get("/metrics")).text

    answers, metrics = run(detector, scenario, Settings(batch=3, window=5.0))
    assert {str(answer.json()["detections"]) for answer in answers} == {
        str(answers[0].json()["detections"])}
    assert 'caffe_serve_batch_size_count{model="quads"} 2' in metrics


def test_a_request_that_takes_too_long_gets_504_and_is_not_run_later(nets):
    async def scenario(server):
        event = hold(server)
        answer = await server.client.post("/v2/models/linear/infer", json=INPUTS)
        event.set()
        later = await server.client.post("/v2/models/linear/infer", json=INPUTS)
        return answer, later, server.metrics.text()

    answer, later, metrics = run(nets, scenario, Settings(timeout=0.5, window=0))
    assert answer.status_code == 504 and "was not complete after 0.5 s" in answer.json()["error"]
    assert later.status_code == 200
    assert 'requests_total{route="infer",code="504"} 1' in metrics


def test_what_a_client_waits_for_is_not_run_once_it_has_gone(nets, monkeypatch):
    async def scenario(server):
        net = server.models["linear"].current
        calls = []
        monkeypatch.setattr(net, "run_tensors", calls.append)
        event = hold(server)
        server.compute.submit(event.wait, 60)
        messages = [{"type": "http.request", "body": json.dumps(INPUTS).encode()},
                    {"type": "http.disconnect"}]
        sent = []

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        path = "/v2/models/linear/infer"
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
                 "query_string": b"", "headers": [(b"host", b"localhost")], "root_path": ""}
        await server.application.asgi()(scope, receive, send)
        event.set()
        await asyncio.sleep(0.3)
        return calls, sent, server.models["linear"].batcher.tickets

    calls, sent, tickets = run(nets, scenario, Settings(window=0.2))
    assert (calls, sent[0]["status"], tickets) == ([], 499, 0)


def test_a_body_that_does_not_come_gets_408(nets):
    async def scenario(server):
        async def slow():
            yield b"{"
            await asyncio.sleep(30)

        return await server.client.post("/v2/models/linear/infer", content=slow())

    answer = run(nets, scenario, Settings(timeout=0.3))
    assert answer.status_code == 408 and answer.headers["connection"] == "close"


def test_bodies_that_take_all_memory_together_get_503(nets):
    async def scenario(server):
        memory = server.application
        guard = memory.asgi()
        guard.memory.most = 10
        server.client._transport.app = guard
        return await server.client.post("/v2/models/linear/infer", json=INPUTS)

    answer = run(nets, scenario)
    assert answer.status_code == 503 and "all memory" in answer.json()["error"]


def test_a_fault_in_one_request_leaves_the_others_of_its_batch_alone(nets, monkeypatch):
    async def scenario(server):
        net = server.models["linear"].current
        right = type(net).run_tensors

        def run_tensors(requests):
            if any(float(request["b"][0, 0]) == 7 for request in requests):
                raise RuntimeError("planted")
            return right(net, requests)

        monkeypatch.setattr(net, "run_tensors", run_tensors)
        messages = [{"inputs": [INPUTS["inputs"][0], {**INPUTS["inputs"][1], "data": [n] * 3}]}
                    for n in (1, 7, 2)]
        return await asyncio.gather(*[server.client.post("/v2/models/linear/infer", json=message)
                                      for message in messages])

    one, wrong, two = run(nets, scenario, Settings(window=0.3))
    assert (one.status_code, wrong.status_code, two.status_code) == (200, 500, 200)
    assert wrong.json() == {"error": "the server failed at this request; its log says why"}


def test_the_metrics_are_prometheus_text(nets):
    async def scenario(server):
        await server.client.post("/v2/models/linear/infer", json=INPUTS)
        await server.client.get("/nothing")
        return await server.client.get("/metrics")

    answer = run(nets, scenario)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    line = re.compile(r'(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+.\de]+)')
    assert all(line.fullmatch(text) for text in answer.text.splitlines())
    assert 'caffe_serve_requests_total{route="infer",code="200"} 1' in answer.text
    assert 'caffe_serve_requests_total{route="none",code="404"} 1' in answer.text
    assert 'caffe_serve_request_seconds_bucket{route="infer",le="+Inf"} 1' in answer.text
