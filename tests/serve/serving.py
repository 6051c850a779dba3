"""Servers within the test's process, and small nets whose answers are known."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import torch

from framework.logs.log import Log
from framework.net.net import Net
from framework.serve.app import Application
from framework.serve.files import Files
from framework.serve.metrics import Metrics
from framework.serve.model import Model
from framework.serve.nets import Options
from framework.serve.settings import Settings
from framework.weights.weights import save_weights
from tests.quadrants import bright_quarter, write_net

CLASSIFIER = """name: "colours"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 4, 6] } }
  transform_param { mean_value: 100 scale: 0.01 } }
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
LINEAR = """name: "linear"
layer { name: "a" type: "Input" top: "a" input_param { shape { dim: [1, 2] } } }
layer { name: "b" type: "Input" top: "b" input_param { shape { dim: [1, 3] } } }
layer { name: "ip" type: "InnerProduct" bottom: "a" top: "ip"
  inner_product_param { num_output: 3 } }
layer { name: "sum" type: "Eltwise" bottom: "ip" bottom: "b" top: "sum" }
"""
YOLO = """name: "cells"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 16, 16] } }
  transform_param { mean_value: 100 scale: 0.01 } }
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
  pooling_param { pool: AVE kernel_size: 8 stride: 8 } }
layer { name: "map" type: "Convolution" bottom: "pool" top: "map"
  convolution_param { num_output: 6 kernel_size: 1 bias_term: false } }
layer { name: "out" type: "YoloDetectionOutput" bottom: "map" top: "out"
  yolo_detection_output_param { num_classes: 1 num_box: 1 biases: [1, 1]
    confidence_threshold: 0.5 nms_threshold: 0.45 } }
"""
MIXING = LINEAR + """layer { name: "soft" type: "Softmax" bottom: "sum" top: "soft"
  softmax_param { axis: 0 } }"""
WEIGHT = np.array([[1, 2], [3, 4], [5, 6]], np.float32)


def quadrants(folder: Path) -> Files:
    """A detector of bright quarters."""
    folder.mkdir(parents=True, exist_ok=True)
    model, weights = write_net(folder)
    (folder / "map").write_text('item { name: "none_of_the_above" label: 0 display_name: "bg" }\n'
                                'item { name: "bright" label: 1 display_name: "<b>bright" }\n')
    return Files(str(model), str(weights), str(folder / "map"))


def small_net(folder: Path, text: str, weight: np.ndarray, suffix: str = "caffemodel") -> Files:
    """A net with one InnerProduct, whose bias is 0."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net.prototxt").write_text(text)
    write_weights(folder, weight, suffix)
    return Files(str(folder / "net.prototxt"), str(folder / f"net.{suffix}"))


def write_weights(folder: Path, weight: np.ndarray, suffix: str = "caffemodel") -> None:
    net = Net(folder / "net.prototxt")
    with torch.no_grad():
        net.params["ip"][0].copy_(torch.from_numpy(np.asarray(weight, np.float32)))
        net.params["ip"][1].zero_()
    save_weights(net, folder / f"net.{suffix}")


def classifier(folder: Path) -> Files:
    """Which of blue, green and red an image has most of."""
    files = small_net(folder, CLASSIFIER, np.eye(3))
    (folder / "names.txt").write_text("blue\ngreen\nred\n")
    return Files(files.model, files.weights, str(folder / "names.txt"))


def yolo(folder: Path) -> Files:
    """A detector of bright quarters: each of the four cells is a box, brightness its objectness."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net.prototxt").write_text(YOLO)
    net = Net(folder / "net.prototxt")
    with torch.no_grad():
        net.params["map"][0].zero_()
        net.params["map"][0][4] = 1
    save_weights(net, folder / "net.caffemodel")
    return Files(str(folder / "net.prototxt"), str(folder / "net.caffemodel"))


def png(image: np.ndarray, kind: str = ".png") -> bytes:
    return cv2.imencode(kind, image)[1].tobytes()


DEFAULT = Settings()
BRIGHT = png(bright_quarter(40, 60, 1, 1))


class Pipe(asyncio.Transport):
    """Keeps what the server writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Server:
    """An application whose client is `client`, with its models, and its log's lines."""

    def __init__(self, nets: dict[str, Files], settings: Settings, log: Log):
        self.compute = ThreadPoolExecutor(1)
        self.metrics = Metrics()
        self.models = {name: Model(name, files, Options(), settings, self.compute, self.metrics,
                                   log) for name, files in nets.items()}
        self.application = Application(self.models, settings, self.metrics)
        self.client: httpx.AsyncClient

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Server]:
        transport = httpx.ASGITransport(self.application.asgi(), raise_app_exceptions=False)
        async with self.application.lifespan(None), httpx.AsyncClient(  # type: ignore[arg-type]
                transport=transport, base_url="http://localhost", timeout=60) as self.client:
            yield self
        self.compute.shutdown()


def run(nets: dict[str, Files], scenario: Callable[[Server], Awaitable[Any]],
        settings: Settings = DEFAULT, log: Log | None = None) -> Any:
    """The result of a scenario with a running server."""
    async def whole() -> Any:
        async with Server(nets, settings, log or Log(enabled=False)).running() as server:
            return await scenario(server)

    return asyncio.run(whole())


def ask(nets: dict[str, Files], method: str, path: str, settings: Settings = DEFAULT,
        **request: Any) -> httpx.Response:
    """The answer to one request."""
    return run(nets, lambda server: server.client.request(method, path, **request), settings)
