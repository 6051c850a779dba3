"""The application: routes of the page, of images, and of the Open Inference Protocol."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from framework import __version__
from framework.errors import CaffeError
from framework.inference.results import detection_json
from framework.serve import images, protocol
from framework.serve.bodies import drain, file_in, read_body, unless_gone
from framework.serve.guard import Guard, json_response, refusal_response
from framework.serve.metrics import CONTENT_TYPE, Gauge, Metrics
from framework.serve.model import Model
from framework.serve.nets import ServedNet
from framework.serve.protocol import Signature
from framework.serve.settings import Refusal, Settings
from framework.system.arrays import Levels

PAGE = {"page.html": "text/html; charset=utf-8", "page.css": "text/css; charset=utf-8",
        "page.js": "text/javascript; charset=utf-8"}
PARAMETERS = {"detector": ("model", "threshold", "output"), "classifier": ("model",)}
DECODERS = 2                # threads that decode, draw, and take JSON apart
Result = TypeVar("Result")


class Application:
    """The routes, over the models.

    is_ready  False before the first request may come, and once the server ends
    """

    def __init__(self, models: Mapping[str, Model], settings: Settings, metrics: Metrics):
        self.models = models
        self.settings = settings
        self.is_ready = False
        self.metrics = metrics
        self.threads = ThreadPoolExecutor(DECODERS, "decode")
        metrics.gauges |= {
            "caffe_serve_queue_length": (
                "Requests of a model that wait or are in work.",
                Gauge("model", lambda: {name: model.batcher.tickets
                                        for name, model in models.items()})),
            "caffe_serve_model_version": (
                "Versions of a model that were used so far.",
                Gauge("model", lambda: {name: model.current.version
                                        for name, model in models.items()})),
            "caffe_serve_model_problem": (
                "1 if newer weights of a model were refused.",
                Gauge("model", lambda: {name: float(bool(model.problem))
                                        for name, model in models.items()}))}
        self._page = {name: files("framework.serve").joinpath("page", name).read_bytes()
                      for name in PAGE}

    def asgi(self) -> ASGIApp:
        """The application for a server."""
        infer = "/v2/models/{name}"
        routes = [Route("/", self.page), Route("/page.css", self.page),
                  Route("/page.js", self.page), Route("/models", self.list_models),
                  Route("/health", self.health), Route("/metrics", self.show_metrics),
                  Route("/detect", self.detect, methods=["POST"]),
                  Route("/classify", self.classify, methods=["POST"]),
                  Route("/v2", self.server_metadata), Route("/v2/", self.server_metadata),
                  Route("/v2/health/live", self.live), Route("/v2/health/ready", self.ready)]
        for prefix in (infer, infer + "/versions/{version}"):
            routes += [Route(prefix, self.metadata), Route(prefix + "/ready", self.model_ready),
                       Route(prefix + "/infer", self.infer, methods=["POST"])]
        middleware = []
        if self.settings.origins:
            middleware = [Middleware(CORSMiddleware, allow_origins=list(self.settings.origins),
                                     allow_methods=["GET", "POST"],
                                     allow_headers=["Authorization", "Content-Type",
                                                    protocol.LENGTH_HEADER])]
        app = Starlette(routes=routes, middleware=middleware, lifespan=self.lifespan,
                        exception_handlers={HTTPException: _of_http, Refusal: _of_refusal,
                                            CaffeError: _of_caffe, Exception: _of_fault})
        app.router.redirect_slashes = False
        return Guard(app, self.settings, self.metrics)

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Queues and looks for new weights, from the start to the end of the server."""
        tasks = [asyncio.create_task(work) for model in self.models.values()
                 for work in (model.batcher.work(), model.watch())]
        self.is_ready = True
        try:
            yield
        finally:
            self.is_ready = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.threads.shutdown()

    async def _in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """The result of a function, in one of the few threads. Any: what it takes."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)

    async def page(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/") or "page.html"
        return Response(self._page[name], media_type=PAGE[name])

    async def list_models(self, request: Request) -> Response:
        """What the page asks first."""
        return json_response({"models": [
            {"name": name, "kind": model.current.kind, "version": str(model.current.version)}
            for name, model in self.models.items()], "threshold": self.settings.threshold})

    async def health(self, request: Request) -> Response:
        states = [model.state() for model in self.models.values()]
        is_degraded = any("problem" in state for state in states)
        return json_response({"status": "degraded" if is_degraded else "ok", "models": states})

    async def show_metrics(self, request: Request) -> Response:
        return Response(self.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def detect(self, request: Request) -> Response:
        """The objects in an image, as JSON or drawn on it."""
        model = self._model_for_images(request, "detector")
        threshold = _threshold(request, self.settings.threshold)
        kind = _image_kind(request)
        with await self._queued(request, model):
            image = await self._image(request)
            net = model.current
            found = [one for one in await unless_gone(request, model.image(net, image))
                     if one.score >= threshold]
            if kind:
                content = await self._in_thread(images.drawn, image, found, net.names,
                                               kind)
                return Response(content, media_type="image/jpeg" if kind == ".jpg" else "image/png")
            return json_response({
                "model": model.name, "width": image.shape[1], "height": image.shape[0],
                "detections": [detection_json(one, net.names) for one in found]})

    async def classify(self, request: Request) -> Response:
        """The best classes of an image."""
        model = self._model_for_images(request, "classifier")
        with await self._queued(request, model):
            image = await self._image(request)
            net = model.current
            scores = await unless_gone(request, model.image(net, image))
            return json_response({
                "model": model.name, "width": image.shape[1], "height": image.shape[0],
                "classes": images.classes_json(scores, net.names)})

    async def server_metadata(self, request: Request) -> Response:
        return json_response({"name": "caffe-on-torch", "version": __version__,
                              "extensions": ["binary_tensor_data"]})

    async def live(self, request: Request) -> Response:
        return json_response({"live": True})

    async def ready(self, request: Request) -> Response:
        return json_response({"ready": self.is_ready}, 200 if self.is_ready else 503)

    async def model_ready(self, request: Request) -> Response:
        model = self._model(request)
        return json_response({"name": model.name, "ready": self.is_ready},
                             200 if self.is_ready else 503)

    async def metadata(self, request: Request) -> Response:
        model = self._model(request)
        return json_response(self._signature(model.name, model.current).metadata())

    async def infer(self, request: Request) -> Response:
        """The outputs of a net for its inputs."""
        model = self._model(request)
        with await self._queued(request, model):
            net = model.current
            signature = self._signature(model.name, net)
            body = await read_body(request, self.settings)
            length = request.headers.get(protocol.LENGTH_HEADER)
            wanted = await self._in_thread(protocol.read_request, body, length, signature)
            del body
            outputs = await unless_gone(request, model.tensors(net, wanted.inputs))
            content, head = await self._in_thread(protocol.answer, wanted, signature, outputs)
        if head is None:
            return Response(content, media_type="application/json")
        return Response(content, headers={protocol.LENGTH_HEADER: str(head)},
                        media_type="application/octet-stream")

    def _model(self, request: Request) -> Model:
        """The model of a path. Refusal (404) for an unknown one, or another version."""
        model = self._model_named(request.path_params["name"])
        current = str(model.current.version)
        version = request.path_params.get("version", current)
        if version != current:
            raise Refusal(404, f"{model.name} has the version {current}, not {version[:40]!r}")
        return model

    def _model_named(self, name: str) -> Model:
        if name not in self.models:
            raise Refusal(404, f"there is no model {name[:80]!r}; there are "
                               f"{', '.join(self.models)}")
        return self.models[name]

    def _signature(self, name: str, net: ServedNet) -> Signature:
        return Signature(name, str(net.version), net.inputs, net.outputs, self.settings.batch)

    def _model_for_images(self, request: Request, kind: str) -> Model:
        """The model that `?model=` names, or the first of the kind. Refusal (404, 400)."""
        unknown = request.query_params.keys() - set(PARAMETERS[kind])
        if unknown:
            raise Refusal(400, f"{sorted(unknown)[0][:40]!r} is not a parameter of a {kind}; it "
                               f"has {', '.join(PARAMETERS[kind])}")
        if len(request.query_params.multi_items()) > len(request.query_params):
            raise Refusal(400, "a parameter is given twice")
        name = request.query_params.get("model")
        if name is None:
            found = [model for model in self.models.values() if model.current.kind == kind]
            if not found:
                raise Refusal(404, f"no model here is a {kind}")
            return found[0]
        model = self._model_named(name)
        if model.current.kind != kind:
            other = {"detector": "/detect", "classifier": "/classify"}.get(
                model.current.kind, f"/v2/models/{name}/infer")
            raise Refusal(400, f"{name} is not a {kind}; it is called by POST {other}")
        return model

    async def _queued(self, request: Request, model: Model) -> contextlib.AbstractContextManager[
            None]:
        """A position in the queue of the model. Refusal (503) if all are taken."""
        try:
            model.batcher.check()
        except Refusal:
            await drain(request, self.settings)
            raise
        return model.batcher.ticket()

    async def _image(self, request: Request) -> Levels:
        """The image of a body. Refusal if there is no usable one in it."""
        body = await read_body(request, self.settings)
        content = await file_in(body, request.headers, self.settings)
        width, height = images.size_of(content)
        request.scope["claim"].add(3 * width * height)
        return await self._in_thread(images.decoded, content)


def _threshold(request: Request, default: float) -> float:
    text = request.query_params.get("threshold")
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise Refusal(400, f"threshold is {text[:40]!r}; it must be a number from 0 to 1")
    return value


def _image_kind(request: Request) -> str:
    """".jpg" or ".png" if an image is asked for, by ?output=image or by Accept; "" for JSON."""
    accepted = [part.partition(";")[0].strip().lower()
                for part in request.headers.get("accept", "").split(",")]
    kinds = {"image/jpeg": ".jpg", "image/png": ".png", "image/*": ".jpg"}
    asked = next((kinds[part] for part in accepted if part in kinds), "")
    output = request.query_params.get("output")
    if output not in (None, "json", "image"):
        raise Refusal(400, f"output is {output[:40]!r}; it must be json or image")
    if output == "image":
        return asked or ".jpg"
    is_json_wanted = output == "json" or "application/json" in accepted
    return "" if is_json_wanted else asked


async def _of_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return refusal_response(error)


async def _of_caffe(request: Request, error: Exception) -> Response:
    """What a net says of its input."""
    return refusal_response(Refusal(400, str(error).replace("\n", " ")))


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = {404: "there is nothing at this path",
            405: f"{request.method} is not a method of this path"}.get(
        error.status_code, str(error.detail))
    return json_response({"error": text}, error.status_code, dict(error.headers or {}))


async def _of_fault(request: Request, error: Exception) -> Response:
    """A fault of our own. Starlette raises it again, and uvicorn logs it."""
    return json_response({"error": "the server failed at this request; its log says why"}, 500)
