"""Serve nets over HTTP: a web page, images in and detections out, and the Open Inference Protocol.

The page at http://127.0.0.1:8000/ takes an image and shows what is found in it. POST /detect takes
an image and answers in JSON, or with the drawn image; /v2 is the Open Inference Protocol, with
tensors. A new snapshot in FOLDER, or a replaced weight file, is loaded, checked and used without a
lost request. Needs the extra [serve]. docs/serving.md has examples, and what is never done.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, devices, gflags
from framework.definition.zoo import is_in_zoo
from framework.errors import CaffeError
from framework.system.text import is_there

if TYPE_CHECKING:
    from framework.serve.files import Files
    from framework.serve.nets import Options
    from framework.serve.settings import Settings

TOKEN = "CAFFE_SERVE_TOKEN"
EXTRA = ("starlette", "uvicorn", "h11", "python_multipart", "anyio")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/serve", description=__doc__,
        epilog="example: tools/serve deploy.prototxt --weights ssd.caffemodel --port 8080")
    parser.add_argument("nets", metavar="FOLDER|NET", nargs="+", type=Path,
                        help="folders of `caffe new`, and prototxts of deploy nets or test nets")
    parser.add_argument("--weights", action="append", default=[], metavar="FILE",
                        help="weights of a NET, by layer name; once for each NET, in their order "
                             "(a FOLDER has its newest snapshot)")
    parser.add_argument("--labelmap", "--label_map_file", action="append", default=[],
                        metavar="FILE",
                        help="names of the classes, a label map or a .txt file with a class in "
                             "each line; once for each FOLDER and NET, in their order (default: "
                             "the folder's, or what the net names)")
    parser.add_argument("--name", action="append", default=[], metavar="NAME",
                        help="what a net is called in requests; once for each FOLDER and NET "
                             "(default: the folder's name, or the net's)")
    app.add_transform_flags(parser)
    parser.add_argument("--threshold", type=_share, default=0.4, metavar="N",
                        help="lowest score of a box, where a request says nothing else (default: "
                             "%(default)s)")
    parser.add_argument("--gpu", default="", metavar="0|none",
                        help="a CUDA device; none: the CPU (default: the CPU)")
    _add_network_flags(parser)
    _add_limit_flags(parser)
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def _add_network_flags(parser: argparse.ArgumentParser) -> None:
    """Who may call the server."""
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS",
                        help="address to listen on; 0.0.0.0 for every one of this machine, which "
                             "others then reach: give --token with it (default: %(default)s)")
    parser.add_argument("--port", type=gflags.whole_number(0, 65535), default=8000, metavar="N",
                        help="port to listen on, 0 for any that is free (default: %(default)s)")
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME",
                        help="another name by which clients may call the server")
    parser.add_argument("--allow-origin", action="append", default=[], metavar="ORIGIN",
                        help="a page of another host that may use the server, https://example.org "
                             "say (default: none)")
    parser.add_argument("--token", default="", metavar="TOKEN",
                        help="what requests must carry, as `Authorization: Bearer TOKEN`; others "
                             f"on this machine can see flags, not the environment: {TOKEN} there "
                             "does the same")


def _add_limit_flags(parser: argparse.ArgumentParser) -> None:
    """What requests may take."""
    parser.add_argument("--batch", type=gflags.whole_number(1, 4096), default=8, metavar="N",
                        help="most images, or items of tensors, that run together (default: "
                             "%(default)s)")
    parser.add_argument("--window", type=_seconds, default=2.0, metavar="MS",
                        help="milliseconds that a request waits for others to run with while "
                             "nothing runs (default: %(default)s)")
    parser.add_argument("--queue", type=gflags.whole_number(1, 1 << 16), default=64, metavar="N",
                        help="requests for a net that may wait; others get status 503 (default: "
                             "%(default)s)")
    parser.add_argument("--max-bytes", type=gflags.whole_number(1, 1 << 32), default=32 << 20,
                        metavar="N", help="bytes of a request's body (default: %(default)s)")
    parser.add_argument("--timeout", type=_seconds, default=30.0, metavar="S",
                        help="seconds for a request (default: %(default)s)")
    parser.add_argument("--poll", type=_seconds, default=2.0, metavar="S",
                        help="seconds between two looks for new weights (default: %(default)s)")


def _seconds(text: str) -> float:
    """A number above 0, or 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' must be a number from 0 on")
    return value


def _share(text: str) -> float:
    value = _seconds(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"'{text}' must be a number from 0 to 1")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(serve_nets, make_parser(), arguments)


def serve_nets(options: argparse.Namespace) -> int:
    """Serve until a signal ends it. CaffeError for nets that cannot be loaded."""
    _check_packages()
    # lazy: --help does without them, and the packages may not be there
    from framework.logs.log import Log
    from framework.serve.server import listen, serve
    from framework.system.malloc import keep_freed_memory

    nets = nets_of(options)
    settings = settings_of(options)
    loading = options_of(options)
    log = Log()
    if options.host not in LOOPBACK and not settings.token:
        log.warning(f"--host {options.host} without --token: everyone who reaches this machine can "
                    "use the nets")
    keep_freed_memory()
    with listen(options.host, options.port) as listener:
        serve(nets, loading, settings, listener, log)
    return 0


def _check_packages() -> None:
    """CaffeError if the extra is not installed."""
    # lazy: only this looks for packages
    from importlib.util import find_spec

    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise CaffeError(f"serving needs the package {missing[0]}: "
                         "`pip install 'caffe-on-torch[serve]'`")


def nets_of(options: argparse.Namespace) -> dict[str, Files]:
    """The files of each net, by name. CaffeError if flags do not fit the nets."""
    # lazy: torch comes with it
    from framework.net.reading import read_net
    from framework.serve.files import Files, in_folder

    paths: list[Path] = options.nets
    for path in paths:
        if not is_in_zoo(path) and not is_there(path):
            raise CaffeError(f"{path}: there is no such folder or file")
    alone = [path for path in paths if not os.path.isdir(path)]
    if len(options.weights) != len(alone):
        raise CaffeError(f"{len(alone)} prototxts are given and --weights {len(options.weights)} "
                         "times; it must be given once for each, in their order")
    for flag in ("labelmap", "name"):
        if len(getattr(options, flag)) not in (0, len(paths)):
            raise CaffeError(f"--{flag} is given {len(getattr(options, flag))} times for "
                             f"{len(paths)} nets; it must be given once for each, in their order")
    weights = iter(options.weights)
    found: dict[str, Files] = {}
    for index, path in enumerate(paths):
        labels = options.labelmap[index] if options.labelmap else ""
        if os.path.isdir(path):
            files = in_folder(path, labels)
            name = path.resolve().name
        else:
            files = Files(str(path), next(weights), labels)
            name = read_net(path, options.ignore_unknown_fields).message.name or path.stem
        name = options.name[index] if options.name else name
        if name in found or not name or "/" in name:
            raise CaffeError(f"{path}: the name '{name}' "
                             + ("is another net's too" if name in found else
                                "cannot be in the path of a request")
                             + "; give names with --name")
        found[name] = files
    return found


def settings_of(options: argparse.Namespace) -> Settings:
    """The limits."""
    # lazy: --help does without it
    from framework.serve.settings import Settings

    token = options.token or os.environ.get(TOKEN, "")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CaffeError("the token must be of printable ASCII characters, without blanks")
    names = {*LOOPBACK, *(name.lower() for name in options.allow_host)}
    try:
        if not ipaddress.ip_address(options.host).is_unspecified:
            names.add(options.host.lower())
    except ValueError:
        names.add(options.host.lower())
    return Settings(options.batch, options.window / 1000, options.queue, options.max_bytes,
                    options.timeout, options.poll, options.threshold, token, frozenset(names),
                    tuple(options.allow_origin))


def options_of(options: argparse.Namespace) -> Options:
    """How nets are loaded. CaffeError for a mean that is neither numbers nor a file."""
    # lazy: torch comes with it
    from framework.serve.nets import Options

    return Options(devices.prepare(options).device, app.mean_of(options.mean), options.scale,
                   options.size, options.ignore_unknown_fields)


if __name__ == "__main__":
    sys.exit(main())
