"""HTTP: bytes of damaged requests, given to the server's protocol without a socket."""

import asyncio
import json
import random
import re
from concurrent.futures import ThreadPoolExecutor

import h11
import uvicorn
from uvicorn.server import ServerState

from framework.errors import CaffeError
from framework.logs.log import Log
from framework.serve.app import Application
from framework.serve.batcher import Batcher
from framework.serve.metrics import Metrics
from framework.serve.model import Model
from framework.serve.nets import Options
from framework.serve.server import Protocol
from framework.serve.settings import Settings
from tests.data.making import encoded, image
from tests.fuzz.harness import Target
from tests.fuzz.mutations import damage_bytes, damage_text
from tests.serve.serving import LINEAR, WEIGHT, Pipe, classifier, quadrants, small_net

INFER = {"id": "1", "inputs": [
    {"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2.5]},
    {"name": "b", "shape": [1, 3], "datatype": "FP32", "parameters": {"binary_data_size": 12}}],
    "outputs": [{"name": "sum", "parameters": {"binary_data": True}}]}
LENGTH = re.compile(rb"content-length: \d+", re.IGNORECASE)
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def request(line: str, body: bytes, *headers: str) -> bytes:
    head = [f"{line} HTTP/1.1", "Host: localhost", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


class Requests(Target):
    """A case is what a client sends. Answers are 200, or 4xx with one line of JSON."""

    name = "http"

    def prepare(self) -> None:
        self.settings = Settings(timeout=15, window=0)
        self.metrics = Metrics()
        compute = ThreadPoolExecutor(1)
        nets = {"quads": quadrants(self.given / "quads"),
                "colours": classifier(self.given / "colours"),
                "linear": small_net(self.given / "linear", LINEAR, WEIGHT)}
        self.models = {name: Model(name, files, Options(), self.settings, compute, self.metrics,
                                   Log(enabled=False)) for name, files in nets.items()}
        encoded_images = [encoded(image(seed), kind)
                    for seed, kind in enumerate((".png", ".jpg", ".bmp", ".webp"))]
        form = (b"--xx\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n"
                b"Content-Type: image/png\r\n\r\n" + encoded_images[0] + b"\r\n--xx--\r\n")
        message = json.dumps(INFER).encode()
        plain = json.dumps({"inputs": [INFER["inputs"][0],
                                       {"name": "b", "shape": [1, 3], "datatype": "FP32",
                                        "data": [[0, 1, 2]]}]}).encode()
        self.good = [
            *(request("POST /detect", one) for one in encoded_images),
            *(request("POST /classify?model=colours", one) for one in encoded_images[:2]),
            request("POST /detect?output=image&threshold=0.5", encoded_images[1],
                    "Accept: image/png"),
            request("POST /detect", form, "Content-Type: multipart/form-data; boundary=xx"),
            request("POST /v2/models/linear/infer", plain, "Content-Type: application/json"),
            request("POST /v2/models/linear/versions/1/infer", message + bytes(12),
                    f"Inference-Header-Content-Length: {len(message)}"),
            *(request(f"GET {path}", b"") for path in (
                "/", "/metrics", "/v2/models/linear", "/v2/health/ready"))]
        for one in self.good:       # compiles loops, which takes seconds; and all are good
            self.run(one)

    def make(self, rng: random.Random) -> bytes:
        good = rng.choice(self.good)
        head, blank, body = good.partition(b"\r\n\r\n")
        kind = rng.randrange(4)
        if kind == 0:
            return damage_bytes(good, rng)
        if kind == 1:
            return damage_text(head, rng) + blank + body
        body = damage_text(body, rng)
        return LENGTH.sub(b"content-length: %d" % len(body), head) + blank + body

    def run(self, case: bytes) -> None:
        # asyncio gives a protocol no empty bytes
        written = asyncio.run(self.exchange(case)) if case else b""
        if not written:
            raise CaffeError("the request was not complete, and not answered")
        found = STATUS.match(written)
        assert found, written[:100]
        status = int(found[1])
        if status != 200:
            assert 400 <= status < 500, written
            body = written.partition(b"\r\n\r\n")[2].partition(b"HTTP/1.1 ")[0]
            # of a HEAD there is none
            assert not body or (set(json.loads(body)) == {"error"} and body.count(b"\n") == 1), body
            raise CaffeError(str(status))

    async def exchange(self, case: bytes) -> bytes:
        """What the server writes for the bytes of a connection."""
        for model in self.models.values():
            model.batcher = Batcher(model.compute, self.settings)
        application = Application(self.models, self.settings, self.metrics)
        config = uvicorn.Config(application.asgi(), http=Protocol, log_config=None, ws="none")
        async with application.lifespan(None):  # type: ignore[arg-type]  # which it does not use
            state = ServerState()
            protocol = Protocol(config, state, {})
            pipe = Pipe()
            protocol.connection_made(pipe)
            protocol.data_received(case)
            while state.tasks and not pipe.closed:
                if protocol.conn.their_state is h11.SEND_BODY:      # it waits for what never comes
                    protocol.eof_received()
                    break
                await asyncio.wait(state.tasks)
            protocol.connection_lost(None)
            await asyncio.gather(*state.tasks)
        return bytes(pipe.written)
