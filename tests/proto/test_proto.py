"""The schema against the lists in ../shared/reference, and against files of the original."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from framework import proto
from framework.proto.schema import parse
from tests.golden import load_case, read_file

SHARED = Path(__file__).resolve().parents[3] / "shared"
PROJECTS = ("number_ssd", "number_bvlc", "number_nvidia", "number_intel")
PRIVATE = 20001  # numbers of fields that lost theirs to another project's

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")


def rows(name: str) -> list[dict[str, str]]:
    path = SHARED / "reference" / name
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def first_of(row: dict[str, str]) -> str:
    """The number in the most senior project that has the field or value."""
    return next(row[project] for project in PROJECTS if row[project])


def seniority(row: dict[str, str]) -> int:
    return next(i for i, project in enumerate(PROJECTS) if row[project])


def label_of(field: Any) -> str:
    if field.is_repeated:
        return "repeated"
    return "required" if field.is_required else "optional"


def type_of(field: Any) -> str:
    kind = field.message_type or field.enum_type
    if kind is not None:
        return str(kind.full_name.removeprefix("caffe."))
    names = {v: k for k, v in descriptor_pb2.FieldDescriptorProto.Type.items()}
    return str(names[field.type].removeprefix("TYPE_").lower())


def expected_default(cell: str) -> str:
    """The default of the SSD branch, else BVLC's, where the projects differ."""
    if " | " not in cell:
        return cell
    by_project = dict(part.split(":", 1) for part in cell.split(" | "))
    return by_project.get("ssd", by_project.get("bvlc", "")).strip()


def default_of(field: Any) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values_by_number[field.default_value].name
    return field.default_value


@needs_shared
def test_every_listed_field_has_its_type_label_default_and_packing():
    listed = rows("schema_fields.csv")
    assert len(listed) == 864
    for row in listed:
        field = getattr(proto, row["message"].split(".")[0]).DESCRIPTOR
        for part in row["message"].split(".")[1:]:
            field = field.nested_types_by_name[part]
        field = field.fields_by_name[row["field"]]
        where = f"{row['message']}.{row['field']}"
        assert type_of(field) == row["type"], where
        assert label_of(field) == row["label"], where
        assert field.GetOptions().packed == (row["packed"] == "packed"), where
        default = expected_default(row["default"])
        assert field.has_default_value == bool(default), where
        if default and field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
            assert np.float32(field.default_value) == np.float32(default), where
        elif default and field.type == field.TYPE_BOOL:
            assert field.default_value == (default == "true"), where
        elif default:
            assert str(default_of(field)) == default, where


@needs_shared
def test_every_field_has_the_number_of_its_most_senior_project_or_a_private_one():
    by_message: dict[str, list[dict[str, str]]] = {}
    for row in rows("schema_fields.csv"):
        by_message.setdefault(row["message"], []).append(row)
    for message, fields in by_message.items():
        taken: set[int] = set()
        for row in sorted(fields, key=seniority):  # stable: the list's order in a project
            owner, *nested = message.split(".")
            descriptor = getattr(proto, owner).DESCRIPTOR
            for part in nested:
                descriptor = descriptor.nested_types_by_name[part]
            number = descriptor.fields_by_name[row["field"]].number
            wanted = int(first_of(row))
            if wanted in taken:
                assert number >= PRIVATE, f"{message}.{row['field']}"
            else:
                assert number == wanted, f"{message}.{row['field']}"
                taken.add(wanted)


@needs_shared
def test_every_listed_enum_value_has_its_number():
    listed = rows("schema_enums.csv")
    assert len(listed) == 215
    for row in listed:
        *owner, name = row["enum"].split(".")
        if owner:
            values = getattr(proto, owner[0]).DESCRIPTOR.enum_types_by_name[name].values_by_name
            number = values[row["value"]].number
        else:
            number = getattr(proto, name).Value(row["value"])
        clash = (row["enum"], row["value"]) == ("LossParameter.NormalizationMode", "PRE_FIXED")
        assert number == (PRIVATE if clash else int(first_of(row))), row


def test_a_schema_of_the_same_names_in_the_default_pool_does_not_clash():
    other = parse('package caffe; message NetParameter { optional int32 other = 1; }')
    other.name = "another/caffe.proto"
    pool = descriptor_pool.Default()
    pool.Add(other)
    theirs = message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.NetParameter"))

    ours = proto.NetParameter(name="net")

    assert theirs(other=3).SerializeToString() == b"\x08\x03"
    assert ours.SerializeToString() == b"\x0a\x03net"


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "models").glob("*/*.caffemodel")),
                         ids=lambda path: path.name)
def test_real_weight_files_are_read_without_a_remainder(path: Path):
    data = path.read_bytes()
    net = proto.NetParameter.FromString(data)
    learned = [layer for layer in net.layer if layer.blobs]
    assert learned
    for layer in learned:
        for blob in layer.blobs:
            legacy = blob.num * blob.channels * blob.height * blob.width
            size = np.prod(list(blob.shape.dim)) if blob.HasField("shape") else legacy
            assert len(blob.data) == size
    assert proto.NetParameter.FromString(net.SerializeToString()) == net


def test_blob_files_of_the_original_hold_their_arrays():
    expected = load_case("io/blobproto")
    shaped = proto.BlobProto.FromString(read_file("io/blob_shape.binaryproto"))
    legacy = proto.BlobProto.FromString(read_file("io/blob_legacy.binaryproto"))
    double = proto.BlobProto.FromString(read_file("io/blob_double.binaryproto"))
    vector = proto.BlobProtoVector.FromString(read_file("io/blob_vector.binaryproto"))

    array = expected["array"]
    np.testing.assert_array_equal(np.reshape(shaped.data, list(shaped.shape.dim)), array)
    assert (legacy.num, legacy.channels, legacy.height, legacy.width) == array.shape
    np.testing.assert_array_equal(np.reshape(legacy.data, array.shape), array)
    np.testing.assert_allclose(np.reshape(double.double_data, array.shape), array, rtol=1e-6)
    assert len(vector.blobs) == 2


def test_enum_values_have_names():
    layer = proto.LayerParameter()
    assert proto.enum_name(layer.detection_output_param, "code_type") == "CORNER"
    layer.multibox_loss_param.code_type = proto.PriorBoxParameter.CENTER_SIZE
    assert proto.enum_name(layer.multibox_loss_param, "code_type") == "CENTER_SIZE"
    assert (proto.TRAIN, proto.TEST) == (0, 1)
    assert proto.Phase.Name(proto.TEST) == "TEST"


def test_an_unknown_message_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="no message or enum 'NetParam'"):
        proto.NetParam  # noqa: B018


@pytest.mark.parametrize("text, message", [
    ("message A { optional int32 x = 1 }", r"s.proto:1: found }; ';' or '\[' is expected"),
    ("message A {\n  int32 x = 1;\n}", "s.proto:2: found int32; optional, required, repeated"),
    ("message A {\n // x\n optional int32 x = y; }", "s.proto:3: found y; a whole number"),
    ("message A {", "s.proto:1: found the end of the file; optional"),
    ("service S {}", "s.proto:1: found service; syntax, package"),
    ("message A { optional int32 x = 1 [lazy = true]; }", "found lazy; default, json_name, packed"),
])
def test_a_wrong_schema_is_refused_with_its_line(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        parse(text, "s.proto")


def test_importing_the_package_reads_nothing():
    code = ("import sys, framework.proto as p; from pathlib import Path; "
            "assert p.schema.cache_info().currsize == 0; p.NetParameter; "
            "assert p.schema.cache_info().currsize == 1")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
