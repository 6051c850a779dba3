"""A server as a process of its own, and the flags of the program."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import uvicorn
from uvicorn.server import ServerState

from framework.cli import serve
from framework.errors import CaffeError
from framework.serve.app import Application
from framework.serve.metrics import Metrics
from framework.serve.server import Protocol, listen
from framework.serve.settings import Settings
from tests.serve.serving import LINEAR, WEIGHT, Pipe, classifier, quadrants, small_net

ROOT = Path(__file__).resolve().parents[2]
TOOL = [sys.executable, str(ROOT / "tools" / "serve")]
INPUTS = {"inputs": [{"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]},
                     {"name": "b", "shape": [1, 3], "datatype": "FP32", "data": [0, 0, 0]}]}


def address_of(process):
    """Read the log until it says where the server listens."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        found = re.search(r"serving on http://127\.0\.0\.1:(\d+)/", line)
        if found:
            return int(found[1])
    pytest.fail("".join(lines))


def exchange(port, content):
    """What comes back for bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def test_a_process_answers_and_finishes_its_requests_when_it_is_told_to_end(tmp_path):
    files = small_net(tmp_path, LINEAR, WEIGHT)
    process = subprocess.Popen(
        [*TOOL, files.model, "--weights", files.weights, "--port", "0", "--window", "1500"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "CAFFE_SERVE_TOKEN": "secret"})
    try:
        port = address_of(process)
        broken = exchange(port, b"\x16\x03\x01 nonsense\r\n\r\n")
        long = exchange(port, b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n")
        cut = exchange(port, b"POST /v2/models/linear/infer HTTP/1.1\r\nHost: localhost\r\n"
                             b"Authorization: Bearer secret\r\nContent-Length: 900\r\n\r\n{")
        answers = []

        def infer():
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/v2/models/linear/infer", json.dumps(INPUTS).encode(),
                {"Authorization": "Bearer secret"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                answers.append(json.load(answer)["outputs"][0]["data"])

        client = threading.Thread(target=infer)
        client.start()
        time.sleep(0.7)                     # it waits 1.5 s for others to share a batch with
        process.send_signal(signal.SIGTERM)
        client.join()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        log = process.communicate()[1]
    assert answers == [[5, 11, 17]]
    assert "ended; all requests in work were finished" in log and "Traceback" not in log
    for answer in (broken, long):
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1]) == {
            "error": "the request is not HTTP/1.1, or its head is too long"}
    assert cut.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert "closed before the request was complete" in json.loads(
        cut.split(b"\r\n\r\n", 1)[1])["error"]


@pytest.mark.parametrize("before, closed", [
    (b"", True), (b"GET /v2 HTT", True), (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n", False),
    (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\nG", True)])
def test_a_connection_that_does_not_finish_the_head_of_a_request_is_closed(before, closed,
                                                                          monkeypatch):
    """One that waits between two requests has uvicorn's own time."""
    monkeypatch.setattr("framework.serve.server.HEAD_SECONDS", 0.2)

    async def wait(protocol, pipe, state):
        for part in before.partition(b"\r\n\r\n"):
            if part:
                protocol.data_received(part)
                await asyncio.gather(*state.tasks)
        await asyncio.sleep(0.5)
        return pipe.closed

    assert connected(wait) == closed


def connected(scenario):
    """The result of a scenario with a connection to a server without nets."""
    async def connect():
        application = Application({}, Settings(), Metrics())
        config = uvicorn.Config(application.asgi(), http=Protocol, log_config=None, ws="none")
        state = ServerState()
        protocol = Protocol(config, state, {})
        pipe = Pipe()
        protocol.connection_made(pipe)
        found = await scenario(protocol, pipe, state)
        protocol.connection_lost(None)
        application.threads.shutdown()
        return found

    return asyncio.run(connect())


HEAD = b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("sent, is_told", [
    (b"", False),
    (b"GET /v2 HTT", True),
    (HEAD, True),
    (HEAD + b"Content-Length: 9\r\n\r\n{", True),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", True),
    (HEAD + b"\r\n", False),             # came whole: its client has gone
    (HEAD + b"\r\n" + HEAD, False)])
def test_a_request_that_is_cut_off_is_told_so(sent, is_told):
    async def cut(protocol, pipe, state):
        if sent:                            # asyncio gives a protocol no empty bytes
            protocol.data_received(sent)
        keeps_open = protocol.eof_received()
        written = bytes(pipe.written)
        protocol.connection_lost(None)
        await asyncio.gather(*state.tasks)
        assert bytes(pipe.written) == written       # no second answer after the first
        return keeps_open, written

    keeps_open, written = connected(cut)
    assert not keeps_open
    assert written.startswith(b"HTTP/1.1 400 Bad Request\r\n") == is_told
    assert (b"the connection was closed before the request was complete" in written) == is_told


def test_what_is_left_of_an_answered_request_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr("framework.serve.server.HEAD_SECONDS", 0.3)

    async def drip(protocol, pipe, state):
        protocol.data_received(b"POST /nothing HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Length: 900\r\n\r\n")
        await asyncio.gather(*state.tasks)
        assert pipe.written.startswith(b"HTTP/1.1 404 ") and not pipe.closed
        for _ in range(10):
            protocol.data_received(b"x")
            await asyncio.sleep(0.1)
        return pipe.closed

    assert connected(drip)


def test_a_body_that_is_no_chunk_after_the_answer_ends_the_connection_without_a_second_answer():
    async def spoil(protocol, pipe, state):
        protocol.data_received(b"POST /nothing HTTP/1.1\r\nHost: localhost\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\n")
        await asyncio.gather(*state.tasks)
        protocol.data_received(b"zz\r\n")
        return bytes(pipe.written), pipe.closed

    written, closed = connected(spoil)
    assert written.count(b"HTTP/1.1") == 1 and closed


@pytest.mark.parametrize("is_read", [True, False])
def test_a_client_that_does_not_read_its_answer_is_dropped(is_read, monkeypatch):
    monkeypatch.setattr("framework.serve.server.WRITE_SECONDS", 0.2)

    async def stay(protocol, pipe, state):
        protocol.pause_writing()
        if is_read:
            protocol.resume_writing()
        await asyncio.sleep(0.4)
        return pipe.closed

    assert connected(stay) != is_read


def test_a_port_in_use_is_one_line():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CaffeError, match=f"127.0.0.1:{port}: the port is in use by another"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_of_this_machine_is_one_line():
    with pytest.raises(CaffeError, match="203.0.113.1:0: cannot be listened on"):
        listen("203.0.113.1", 0)
    with pytest.raises(CaffeError, match="--host no.such.host.invalid: "):
        listen("no.such.host.invalid", 0)


@pytest.mark.parametrize("package", serve.EXTRA)
def test_a_missing_package_is_one_line(package, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("importlib.util.find_spec",
                        lambda name: None if name == package else True)
    assert serve.main(["x.prototxt", "--weights", "w"]) == 1
    said = capsys.readouterr().err
    assert said == (f"error: serving needs the package {package}: "
                    "`pip install 'caffe-on-torch[serve]'`\n")


def parsed(*words):
    return serve.make_parser().parse_args([str(word) for word in words])


@pytest.mark.parametrize("words, text", [
    (["NET"], "1 prototxts are given and --weights 0 times"),
    (["NET", "--weights", "a", "--weights", "b"], "1 prototxts are given and --weights 2 times"),
    (["NET", "NET", "--weights", "a", "--weights", "b"], "'linear' is another net's too"),
    (["NET", "--weights", "a", "--name", "a/b"], "cannot be in the path of a request"),
    (["NET", "--weights", "a", "--labelmap", "x", "--labelmap", "y"], "labelmap is given 2 times"),
    (["FOLDER"], "it is not a folder that `caffe new` made"),
    (["birdz"], "birdz: there is no such folder or file"),
    (["zoo:lenet/deploy.prototxt"], "1 prototxts are given and --weights 0 times"),
])
def test_flags_that_do_not_fit_the_nets_are_refused(tmp_path, words, text):
    files = small_net(tmp_path / "net", LINEAR, WEIGHT)
    (tmp_path / "empty").mkdir()
    given = [{"NET": files.model, "FOLDER": tmp_path / "empty"}.get(word, word) for word in words]
    with pytest.raises(CaffeError, match=text):
        serve.nets_of(parsed(*given))


def test_nets_get_names_weights_and_labels_in_their_order(tmp_path):
    quads, colours = quadrants(tmp_path / "quads"), classifier(tmp_path / "colours")
    found = serve.nets_of(parsed(quads.model, colours.model, "--weights", quads.weights,
                                 "--weights", colours.weights, "--labelmap", quads.labels,
                                 "--labelmap", colours.labels))
    assert found == {"deploy": quads, "colours": colours}
    named = serve.nets_of(parsed(quads.model, "--weights", quads.weights, "--name", "mine"))
    assert list(named) == ["mine"]


@pytest.mark.parametrize("host, names", [
    ("127.0.0.1", set()), ("0.0.0.0", set()), ("::", set()), ("10.0.0.7", {"10.0.0.7"}),
    ("Box.local", {"box.local"})])
def test_the_names_of_a_server_are_loopback_and_what_it_listens_on(host, names):
    settings = serve.settings_of(parsed("x", "--host", host, "--allow-host", "Proxy"))
    assert settings.hosts == {"localhost", "127.0.0.1", "::1", "proxy"} | names


def test_the_token_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CAFFE_SERVE_TOKEN", "of_env")
    assert serve.settings_of(parsed("x")).token == "of_env"
    assert serve.settings_of(parsed("x", "--token", "of_flag")).token == "of_flag"
    with pytest.raises(CaffeError, match="printable ASCII characters, without blanks"):
        serve.settings_of(parsed("x", "--token", "a b"))


@pytest.mark.parametrize("flag, value", [
    ("--port", "65536"), ("--queue", "0"), ("--batch", "0"), ("--threshold", "1.5"),
    ("--timeout", "nan"), ("--window", "-1"), ("--max-bytes", "x")])
def test_a_limit_that_is_not_one_is_refused(flag, value, capsys):
    with pytest.raises(SystemExit):
        parsed("x", flag, value)
    assert flag in capsys.readouterr().err
