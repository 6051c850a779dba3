"""What every request passes first: host, origin and token checks, time limit, and the counts.

A page on another host can make a browser call a server on this machine (DNS rebinding, cross-site
requests). So the Host header must name this server, and an Origin must be its own.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from framework.serve.metrics import Metrics
from framework.serve.settings import Refusal, Settings

WITHOUT_TOKEN = ("/", "/page.css", "/page.js", "/v2/health/live", "/v2/health/ready")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src blob: data:; connect-src 'self'; base-uri 'none'; "
                               "form-action 'none'; frame-ancestors 'none'",
}


class Memory:
    """Bytes that the requests in work take together."""

    def __init__(self, most: int):
        self.most = most
        self.taken = 0


class Claim:
    """What one request takes of it, until `release`."""

    def __init__(self, memory: Memory):
        self.memory = memory
        self.size = 0

    def add(self, size: int) -> None:
        """Take `size` bytes more. Refusal (503) if there are not so many left."""
        if self.memory.taken + size > self.memory.most:
            raise Refusal(503, "the requests in work take all memory that they may; try again "
                               "later", retry_after=1)
        self.memory.taken += size
        self.size += size

    def release(self) -> None:
        self.memory.taken -= self.size
        self.size = 0


class Guard:
    """The outermost application. A handler finds its claim on the memory as `scope["claim"]`."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics):
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.memory = Memory(settings.max_memory)
        self.token = settings.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.monotonic()
        codes: list[int] = []

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                codes.append(message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        claim = scope["claim"] = Claim(self.memory)
        try:
            await self._guarded(scope, receive, answer, codes)
        finally:
            claim.release()
            endpoint = scope.get("endpoint")
            route = getattr(endpoint, "__name__", "") or "none"
            self.metrics.requests.add(route=route, code=str(codes[0] if codes else 499))
            self.metrics.seconds.add(time.monotonic() - start, route=route)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, codes: list[int]) -> None:
        try:
            self._check(scope)
        except Refusal as error:
            await refusal_response(error)(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.settings.timeout):
                await self.app(scope, receive, send)
        except TimeoutError:
            if not codes:
                is_read = scope.get("is_read", False)
                text = f"the {'answer' if is_read else 'request'} was not complete after " \
                       f"{self.settings.timeout:g} s"
                late = Refusal(504 if is_read else 408, text)
                await refusal_response(late)(scope, receive, send)

    def _check(self, scope: MutableMapping[str, Any]) -> None:
        """Refusal: 400 for another host, 403 for another origin, 401 without the token."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or name_of(hosts[0]) not in self.settings.hosts:
            raise Refusal(400, "this server is not called by the name in the Host header; "
                               "--allow-host NAME lets it")
        origin = headers.get("origin")
        if origin is not None and origin not in self.settings.origins \
                and origin.partition("://")[2].lower() != hosts[0].lower():
            raise Refusal(403, "pages of other hosts may not use this server; --allow-origin "
                               "ORIGIN lets them")
        is_preflight = scope["method"] == "OPTIONS" and origin in self.settings.origins
        if self.token and scope["path"] not in WITHOUT_TOKEN and not is_preflight:
            given = headers.get("authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, b"Bearer " + self.token):
                raise Refusal(401, "the request needs the header Authorization: Bearer TOKEN")


def name_of(host: str) -> str:
    """The name or address in a Host header, without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def refusal_response(error: Refusal) -> Response:
    """One line of JSON."""
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status == 408:
        headers["Connection"] = "close"         # the rest of the request is not waited for
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    return json_response({"error": str(error)}, error.status, headers)


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None
                  ) -> Response:
    """Any: what JSON holds."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"
    return Response(text.encode("utf-8", "replace"), status, headers, "application/json")
