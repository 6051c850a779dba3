"""The database that a data layer names, and what its first records say of the others."""

from __future__ import annotations

import dataclasses

from framework.data.loading.items import DatabaseItems
from framework.data.records.database import open_database
from framework.data.records.images import failing_as_bad
from framework.data.records.records import (
    BadRecord,
    holds_annotated,
    read_annotated,
    read_datum,
)
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.data.image_source import usual_decoding

NUM_LOOKED_AT = 8       # records that tell whether the images are grey or in colour


def database_path(spec: LayerSpec) -> str:
    """data_param.source. SpecError if it is missing."""
    if not spec.proto.data_param.source:
        raise spec.error("data_param.source", "is missing; it names the folder of an LMDB")
    return str(spec.proto.data_param.source)


def look_at_first(spec: LayerSpec, items: DatabaseItems) -> DatabaseItems:
    """The items with the number of channels that most of the first images have."""
    try:
        database = open_database(items.path, items.make)
    except DataError as error:
        raise DataError(f"{spec.place()}: {error}") from None
    is_annotated = holds_annotated(database)
    if is_annotated is not None and is_annotated != items.annotated:
        found, layer = ("AnnotatedDatum", "AnnotatedData") if is_annotated else ("Datum", "Data")
        raise DataError(f"{spec.place()}: the records of {items.path} are {found}; use type: "
                        f'"{layer}", or make another database: {items.make}')
    channels = []
    for index in range(min(len(database), NUM_LOOKED_AT)):
        try:
            with failing_as_bad():
                content = database.read(index)
                if items.annotated:
                    record = read_annotated(content, items.decoding, None, False)
                else:
                    record = read_datum(content, items.decoding)
                channels.append(record.pixels.shape[2])
        except BadRecord:
            continue
    return dataclasses.replace(items, decoding=usual_decoding(items.decoding.color, channels))
