import lmdb
import numpy as np
import pytest

from framework.data.augment import mean as subtraction
from framework.data.augment.clip_transform import Layout, read_clip_mean
from framework.data.convert.mean_image import mean_image, to_blob
from framework.data.records.mean_file import read_mean_image
from framework.errors import DataError
from framework.inference.detector import Detector
from framework.proto import BlobProto, Datum, TransformationParameter
from framework.pycaffe.arrays import blobproto_to_array
from tests.data.making import encoded, image, write_database
from tests.golden import PHOTOGRAPHS, load_case, needs_photographs
from tests.quadrants import write_net


@needs_photographs
def test_the_mean_is_the_originals_file():
    mean = mean_image(PHOTOGRAPHS / "io/datum_lmdb")
    case = load_case("io/datum_db")
    np.testing.assert_allclose(mean, case["mean"], rtol=1e-6)
    original = BlobProto.FromString((PHOTOGRAPHS / "io/mean.binaryproto").read_bytes())
    found = to_blob(mean)
    assert [found.num, found.channels, found.height, found.width] == [
        original.num, original.channels, original.height, original.width,
    ]  # fmt: skip
    assert not found.HasField("shape")
    read = read_mean_image(PHOTOGRAPHS / "io/mean.binaryproto")
    np.testing.assert_allclose(read, mean, rtol=1e-6)


@needs_photographs
def test_images_with_boxes_have_a_mean_too():
    case = load_case("io/annotated_raw")
    expected = sum(case[f"{index}/image"].astype(np.float64) for index in range(4)) / 4
    mean = mean_image(PHOTOGRAPHS / "io/annotated_raw_lmdb")
    np.testing.assert_allclose(mean, expected, rtol=1e-6)


@pytest.mark.parametrize("other, cure", [
    (image(1, channels=1), "one number of channels: convert without --encoded"),
    (image(1, 30, 56), "one size: convert with --resize_height")])
def test_images_that_differ_have_no_mean_and_the_cure_is_named(other, cure, tmp_path):
    records = [Datum(data=encoded(found), encoded=True, channels=found.shape[2], height=1, width=1)
               .SerializeToString() for found in (image(0, 40, 56), other)]
    with pytest.raises(DataError, match=f"00000001_record1.jpg is .*; a mean needs {cure}"):
        mean_image(write_database(tmp_path / "db", records))


def in_form(form: str, values: np.ndarray) -> bytes:
    """A BlobProto (1, 3, 4, 5) as the original, its double nets and NVIDIA's branch write it."""
    blob = BlobProto(num=1, channels=3, height=4, width=5)
    if form == "data":
        blob.data.extend(values.ravel().tolist())
    elif form == "double_data":
        blob.double_data.extend(values.ravel().tolist())
    else:
        blob.raw_data_type, blob.raw_data = 2, values.astype("<f2").tobytes()
    return bytes(blob.SerializeToString())


@pytest.mark.parametrize("form", ["data", "double_data", "raw_data"])
def test_training_detector_clips_and_scripts_read_one_mean_file_alike(tmp_path, form):
    values = np.random.default_rng(1).integers(0, 255, (3, 4, 5)).astype(np.float32)
    (tmp_path / "mean").write_bytes(in_form(form, values))
    param = TransformationParameter(mean_file=str(tmp_path / "mean"))
    np.testing.assert_array_equal(subtraction.read_mean(param).image, values)
    clip = read_clip_mean(param, Layout(channels=3, num_frames=1, is_volume=False))
    np.testing.assert_array_equal(clip.image, values)
    detector = Detector(*write_net(tmp_path), mean=tmp_path / "mean")
    np.testing.assert_array_equal(detector.mean.transpose(2, 0, 1), values)
    message = BlobProto.FromString((tmp_path / "mean").read_bytes())
    np.testing.assert_array_equal(blobproto_to_array(message), values[None])


@pytest.mark.parametrize("content, message", [
    (BlobProto(channels=3, height=2, width=2).SerializeToString(), "holds 0 values"),
    (BlobProto(num=1, channels=-3, height=-8, width=8, data=[0] * 192).SerializeToString(),
     r"its shape is \[1, -3, -8, 8\]"),
    (BlobProto(num=2, channels=1, height=1, width=1, data=[1, 2]).SerializeToString(),
     "has the shape 2 x 1 x 1 x 1; it must be one image"),
    (BlobProto(num=1, channels=1, height=1, width=1, data=[np.nan]).SerializeToString(), "NaN"),
    (BlobProto(num=1, channels=1, height=1, width=1, double_data=[1e300]).SerializeToString(),
     "beyond float32"),
    (b"", "the file is empty"), (b"\xff\xff", "is not a BlobProto"),
    (b"mean_value: 104\n", "is not a BlobProto: it is a text; tools/compute_image_mean"),
    (b"\x93NUMPY\1\0", "its NumPy array cannot be read"),
    (b"\xff\xd8\xff\xe0", r"is not a BlobProto: it is an image \(JPEG\)"),
])
def test_a_file_that_is_no_mean_is_refused(tmp_path, content, message):
    (tmp_path / "mean").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_mean_image(tmp_path / "mean")


@pytest.mark.parametrize("shape, read", [((3, 4, 5), (3, 4, 5)), ((3,), (3, 1, 1))])
def test_a_mean_may_be_a_numpy_array_as_classify_py_takes_it(tmp_path, shape, read):
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    np.save(tmp_path / "mean.npy", values)
    np.testing.assert_array_equal(read_mean_image(tmp_path / "mean.npy"), values.reshape(read))


def test_a_mean_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match="none: the mean_file cannot be read: No such file"):
        read_mean_image(tmp_path / "none")


def test_a_record_of_other_bytes_is_named(tmp_path):
    with lmdb.open(str(tmp_path / "db")) as environment, environment.begin(write=True) as writer:
        writer.put(b"first", b"\x0a\xff\xff")
    with pytest.raises(DataError, match="record first: "):
        mean_image(tmp_path / "db")
