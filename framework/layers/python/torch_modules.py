"""Make the torch modules that `Torch` layers name, of the Python packages that the user allows."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from torch import nn

from framework.definition.spec import LayerSpec
from framework.errors import CaffeError, failure
from framework.system.arguments import TEXT, checked
from framework.system.json_text import parse_json
from framework.system.wording import nearest

_ALLOWED: set[str] = set()


@checked(name=TEXT)
def allow_module(name: str) -> None:
    """Let `Torch` layers import the package or module `name`, and what is inside it.

    A net file alone must not run code: without this, nets with such layers are not built.
    Raises CaffeError for a name that is not a dotted name of Python's.
    """
    if not all(part.isidentifier() for part in name.split(".")):
        raise CaffeError(f"--allow-module {name}: '{name}' is not the name of a Python module")
    _ALLOWED.add(name)


def find_factory(spec: LayerSpec) -> Callable[[], nn.Module]:
    """What makes the module of a `Torch` layer. SpecError if it may not be made, or is not there.
    """
    param = spec.proto.torch_param
    path = param.module
    if not path or not all(part.isidentifier() for part in path.split(".")):
        raise spec.error("torch_param.module", f"is '{path}'; it must be a dotted name, as "
                         "timm.create_model")
    _check_allowed(spec, path)
    arguments = _arguments(spec)
    made_by = _find(spec, path)

    def make() -> nn.Module:
        try:
            module = made_by(**arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:      # SystemExit too: it would end us silently
            raise spec.error("torch_param.args", f"'{path}' refuses them: {failure(error)}"
                             ) from error
        if not isinstance(module, nn.Module):
            raise spec.error("torch_param.module", f"'{path}' gives {module!r:.40}, "
                             "which is not a torch.nn.Module")
        return module

    return make


def _check_allowed(spec: LayerSpec, path: str) -> None:
    if not any(path.startswith(f"{name}.") for name in _ALLOWED):
        package = path.partition(".")[0]
        raise spec.error("torch_param.module", f"is '{path}', whose code a net file alone must "
                         f"not run; --allow-module {package} allows it, or "
                         f"framework.allow_module(\"{package}\")")


def _arguments(spec: LayerSpec) -> dict[str, Any]:      # Any: what JSON has
    text = spec.proto.torch_param.args
    try:
        arguments = parse_json(text or "{}")
    except (ValueError, RecursionError) as error:
        raise spec.error("torch_param.args", f"is not JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise spec.error("torch_param.args", f"is a {type(arguments).__name__}; it must be an "
                         "object, as {\"model_name\": \"resnet18\"}")
    return arguments


def _find(spec: LayerSpec, path: str) -> Callable[..., object]:
    """The callable at the path: the longest beginning that is a module, and attributes of it."""
    parts = path.split(".")
    found: object = _import(spec, parts[0])
    for index, part in enumerate(parts[1:], 1):
        inside = getattr(found, part, None)
        if inside is None and hasattr(found, "__path__"):       # a package: maybe a module of it
            inside = _import(spec, ".".join(parts[:index + 1]), may_be_absent=True)
        if inside is None:
            names = [name for name in dir(found) if not name.startswith("_")]
            raise spec.error("torch_param.module", f"is '{path}'; '{'.'.join(parts[:index])}' has "
                             f"no '{part}'{nearest(part, names)}")
        found = inside
    if not callable(found):
        raise spec.error("torch_param.module", f"is '{path}', which is a {type(found).__name__} "
                         "and cannot be called")
    return found


def _import(spec: LayerSpec, name: str, may_be_absent: bool = False) -> object:
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if may_be_absent and isinstance(error, ModuleNotFoundError) and error.name == name:
            return None
        raise spec.error("torch_param.module", f"'{name}' cannot be imported: {failure(error)}"
                         ) from error
