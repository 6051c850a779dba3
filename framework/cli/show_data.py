"""check_data --show: write images as the net gets them, with their boxes drawn."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from framework.errors import CaffeError, DataError
from framework.layers import LAYERS
from framework.layers.data.image_source import ImageSource
from framework.net.reading import read_net
from framework.report.data_sheet import show_layer
from framework.report.net_summary import phases


def show_files(paths: Sequence[Path], options: argparse.Namespace) -> int:
    """Write the first `count` images of each data layer of the nets into folder `show`.

    1 if a layer cannot be read. DataError if no layer gives images.
    """
    options.show.mkdir(parents=True, exist_ok=True)
    num_layers = worst = 0
    for path in paths:
        document = read_net(path, options.ignore_unknown_fields)
        for phase, net in phases(document, options.phase):
            for spec in net.layers:
                if not issubclass(LAYERS.get(spec.type, object), ImageSource):
                    continue
                num_layers += 1
                try:
                    show_layer(spec, phase, f"{path.stem}_" * (len(paths) > 1), options)
                except CaffeError as error:
                    print(f"error: {error}")
                    worst = 1
    if not num_layers:
        raise DataError(f"{', '.join(map(str, paths))}: no data layer gives images")
    return worst
