"""Check what a caller gives a net as its input blobs, and say what the net wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from framework.errors import CaffeError, first_line
from framework.layers.base import Shape
from framework.system.wording import nearest


class Inputs:
    """The input blobs of a net, by name.

    path    of the net's file, for messages
    names   of the blobs; `shapes` has that of each
    """

    def __init__(self, path: str, names: Sequence[str], shapes: Mapping[str, Shape]):
        self.path = path
        self.names = names
        self.shapes = shapes

    def checked(self, given: Mapping[str, Tensor] | None, others: Mapping[str, object]
                ) -> dict[str, Tensor]:
        """The inputs by name. CaffeError, which says what is wanted, for anything else.

        others  keyword arguments, as pycaffe's forward takes blobs; a net here takes none
        """
        if others:
            words = ", ".join(f"'{name}': tensor" for name in others)
            raise CaffeError(f"{self.path}: a net takes its input blobs in a mapping, as net("
                             f"{{{words}}}), not as keywords; its inputs are {self}")
        if given is not None and not isinstance(given, Mapping):
            raise self.not_by_name(given)
        for name, blob in (given or {}).items():
            if name not in self.names:
                raise CaffeError(f"{self.path}: '{name}' is not an input of the net"
                                 f"{nearest(name, self.names)}; its inputs are {self}")
            if not isinstance(blob, Tensor):
                raise CaffeError(f"{self.path}: the input '{name}' must be a tensor, not a "
                                 f"{type(blob).__name__}; torch.from_numpy makes one of an array")
            if blob.dim() == 3 and len(self.shapes[name]) == 4:
                raise CaffeError(f"{self.path}: the input '{name}' is {tuple(blob.shape)}, one "
                                 "item without the axis that counts them: give tensor[None]; the "
                                 f"inputs are {self}")
        return dict(given or {})

    def not_by_name(self, given: object) -> CaffeError:
        """The error of something else than a mapping."""
        example = self.names[0] if self.names else "data"
        return CaffeError(f"{self.path}: a net takes its input blobs by name, as net("
                          f"{{'{example}': tensor}}), not a {type(given).__name__}; its inputs "
                          f"are {self}")

    def check_complete(self, given: Mapping[str, Tensor]) -> None:
        """CaffeError if an input has no blob."""
        missing = ", ".join(f"'{name}'" for name in self.names if name not in given)
        if missing:
            raise CaffeError(f"{self.path}: no blob is given for {missing}; the inputs are {self}")

    @contextmanager
    def blamed(self, given: Mapping[str, Tensor]) -> Iterator[None]:
        """An error of torch within names the inputs of another type or of other channels than the
        net's, if any."""
        try:
            yield
        except CaffeError:
            raise
        except (RuntimeError, IndexError) as error:
            other = [f"'{name}' is {tuple(blob.shape)}" for name, blob in given.items()
                     if blob.shape[1:2] != torch.Size(self.shapes[name][1:2])]
            if not other and "type" in str(error):
                other = [f"'{name}' is of {blob.dtype}" for name, blob in given.items()
                         if blob.dtype != torch.float32]
            if not other:
                raise
            reason = first_line(error)
            raise CaffeError(f"{self.path}: the input {', '.join(other)}; the net's are {self}: "
                             f"{reason}") from error

    def __str__(self) -> str:
        """The inputs and their shapes, for messages."""
        return ", ".join(f"'{name}' {tuple(self.shapes[name])}" for name in self.names) or "none"
