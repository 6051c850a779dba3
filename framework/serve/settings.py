"""What a server is told by its flags, and the refusals that clients get."""

from __future__ import annotations

import math
from dataclasses import dataclass

from framework.data.records.image_size import max_pixels
from framework.errors import CaffeError


@dataclass(frozen=True)
class Settings:
    """Limits of a server.

    batch        images or items that run together at most
    window       seconds that a request waits for others while nothing runs
    queue        requests of a model that may be in work or wait; others get 503
    max_bytes    of the body of a request
    timeout      seconds for a request, from its head to its answer
    poll         seconds between two looks at the files of the nets
    threshold    lowest score of a detection, where a request says nothing else
    token        that requests must carry; "": none
    hosts        names and addresses by which clients may call the server
    origins      of pages of other hosts that may use it
    """

    batch: int = 8
    window: float = 0.002
    queue: int = 64
    max_bytes: int = 32 << 20
    timeout: float = 30.0
    poll: float = 2.0
    threshold: float = 0.4
    token: str = ""
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "::1"})
    origins: tuple[str, ...] = ()

    @property
    def max_memory(self) -> int:
        """Bytes that bodies and decoded images of all requests may take together."""
        return 2 * self.max_bytes + 2 * 3 * max_pixels()


class Refusal(CaffeError):
    """An answer other than 200.

    status       of HTTP
    retry_after  seconds after which the client may try again; 0: nothing is said of it
    """

    def __init__(self, status: int, text: str, retry_after: float = 0):
        super().__init__(text)
        self.status = status
        self.retry_after = math.ceil(retry_after)
