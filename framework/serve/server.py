"""The process that serves: its socket, its signals, and the time that clients have."""

from __future__ import annotations

import asyncio
import errno
import json
import signal
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from framework.errors import CaffeError
from framework.logs.log import Log
from framework.serve.app import Application
from framework.serve.files import Files
from framework.serve.metrics import Metrics
from framework.serve.model import Model
from framework.serve.nets import Options
from framework.serve.settings import Settings

MOST_CONNECTIONS = 512
HEAD_SECONDS = 20.0             # for the head of a request, and for what is left of a refused one
WRITE_SECONDS = 60.0            # for a client to take what was written
KEEP_ALIVE_SECONDS = 20
BACKLOG = 256


class Protocol(H11Protocol):
    """HTTP/1.1, where a connection is closed if the head of a request does not come, if the rest of
    an answered one does not, or if the client does not read its answer; and where a request that
    ends before its end gets an answer.

    uvicorn times only the wait between two requests, up to the first byte of the second, and
    closes without a word when the client has sent all that it will.
    Source: RFC 9112, sections 8 (incomplete messages) and 9.5 (failures and timeouts).
    """

    head_timer: asyncio.TimerHandle | None = None
    write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)    # paused as long as the client has not read all
        self._time_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time_head()

    def eof_received(self) -> None:
        """Answer 400 to a request of which nothing more can come. Closed clients look the same as
        those that wait for an answer: a request that came whole is taken as one whose client has
        gone, so that none is computed for nobody."""
        has_begun = self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]
        if has_begun or self.conn.their_state is h11.SEND_BODY:
            self._refuse("the connection was closed before the request was complete")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self.head_timer, self.write_timer):
            if timer is not None:
                timer.cancel()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.our_state is h11.DONE:     # and the client's is not, or it would be IDLE
            self._time_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.write_timer is not None:
            self.write_timer.cancel()

    def _time_head(self) -> None:
        """Start the clock where a head is waited for, or the rest of a request that is answered;
        stop it where it has come."""
        is_waiting = self.conn.our_state in (h11.IDLE, h11.DONE)
        if self.head_timer is not None and not is_waiting:
            self.head_timer.cancel()
            self.head_timer = None
        elif self.head_timer is None and is_waiting:
            self.head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        self._refuse("the request is not HTTP/1.1, or its head is too long")

    def _refuse(self, text: str) -> None:
        """Status 400 and one line of JSON, as all other refusals, unless an answer has begun; and
        the end of the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = json.dumps({"error": text}).encode() + b"\n"
            headers = [(b"content-type", b"application/json"), (b"connection", b"close"),
                       (b"content-length", str(len(body)).encode())]
            answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            if self.cycle is not None:
                self.cycle.disconnected = True      # what it would answer is not sent
        self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. CaffeError if the port is in use, or may not be used."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CaffeError(f"--host {host}: {getattr(error, 'strerror', None) or error}") from None
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise CaffeError(f"{host}:{port}: the port is in use by another program; give another "
                             "one with --port, or 0 for any that is free") from None
        raise CaffeError(f"{host}:{port}: cannot be listened on: {error.strerror}") from None
    return found


def serve(nets: Mapping[str, Files], options: Options, settings: Settings, listener: socket.socket,
          log: Log) -> None:
    """Load the nets and serve them until SIGTERM or SIGINT. Requests in work are finished then.

    CaffeError for a net that cannot be loaded.
    """
    metrics = Metrics()
    # one thread: nets share the processors, and one batch at a time is done soonest
    with ThreadPoolExecutor(1, "compute") as compute:
        models = {name: Model(name, files, options, settings, compute, metrics, log)
                  for name, files in nets.items()}
        application = Application(models, settings, metrics)
        config = uvicorn.Config(
            application.asgi(), http=Protocol, ws="none", lifespan="on", log_config=None,
            access_log=False, server_header=False, proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(settings.timeout) + 1)
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        log.info(f"serving on http://{shown}:{port}/")
        # uvicorn raises the signal again when it has ended, for handlers of before
        before = {number: signal.signal(number, _ended)
                  for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        log.info("ended; all requests in work were finished")


def _ended(number: int, frame: Any) -> None:    # Any: a frame of Python, or None
    """Nothing: the server has ended already."""
