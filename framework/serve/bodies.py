"""Bodies of requests: read within limits, and taken apart where they are forms."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from framework.serve.settings import Refusal, Settings

Result = TypeVar("Result")


async def read_body(request: Request, settings: Settings) -> bytes:
    """All of a body. Refusal: 413 for too many bytes, 415 for a compressed one.

    What is left of a refused one is read and dropped, up to the limit: a client that is still
    sending would not see the answer.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "the body must not be compressed (Content-Encoding)")
    stated = request.headers.get("content-length", "0")
    size = int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 19 else 0
    claim = request.scope["claim"]
    pieces: list[bytes] = []
    try:
        if size > settings.max_bytes:
            raise _too_long(settings)
        claim.add(size)
        length = 0
        async for piece in request.stream():
            length += len(piece)
            if length > settings.max_bytes:
                raise _too_long(settings)
            if length > claim.size:
                claim.add(length - claim.size)
            pieces.append(piece)
    except ClientDisconnect:
        raise Refusal(400, "the body ended before it was complete") from None
    except Refusal:
        pieces.clear()
        await drain(request, settings)
        raise
    request.scope["is_read"] = True
    return b"".join(pieces)


async def unless_gone(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of the work. It is dropped if the client, whose body is read, goes away before;
    Refusal then, which nobody sees. Any: what a coroutine yields and takes is asyncio's affair."""
    result = asyncio.create_task(work)
    gone = asyncio.ensure_future(request.receive())     # after the body only the end can come
    try:
        await asyncio.wait({result, gone}, return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        raise Refusal(499, "the client has gone")
    finally:
        result.cancel()
        gone.cancel()


async def drain(request: Request, settings: Settings) -> None:
    """Read and drop the rest of a body, up to the limit."""
    length = 0
    with contextlib.suppress(ClientDisconnect, RuntimeError):
        async for piece in request.stream():
            length += len(piece)
            if length > settings.max_bytes:
                return


def _too_long(settings: Settings) -> Refusal:
    return Refusal(413, f"the body has more than {settings.max_bytes} bytes")


async def file_in(body: bytes, headers: Headers, settings: Settings) -> bytes:
    """The one file of a multipart form; of another body, the body. Refusal (400) for other forms.
    """
    if not headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return body

    async def stream() -> AsyncIterator[bytes]:
        yield body

    parser = MultiPartParser(headers, stream(), max_files=1, max_fields=8)  # type: ignore[arg-type]  # an async iterator will do
    parser.spool_max_size = settings.max_bytes + 1          # in memory: nothing goes to the disk
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        reason = getattr(error, "message", None) or str(error)
        raise Refusal(400, f"the form cannot be read: {reason}") from None
    try:
        files = [value for value in form.values() if not isinstance(value, str)]
        if len(files) != 1:
            raise Refusal(400, "the form must have one file, the image")
        return await files[0].read()
    finally:
        await form.close()
