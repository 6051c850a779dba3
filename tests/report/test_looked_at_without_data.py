"""What a net is refused for without its data is what the net with them is refused for."""

from __future__ import annotations

import pytest

from framework import Net, SpecError
from framework.report.net_summary import Selection, take_census

LAYERS = {
    "Data": 'data_param { source: "db" batch_size: 2 backend: LMDB }',
    "AnnotatedData": 'data_param { source: "db" batch_size: 2 backend: LMDB }',
    "ImageData": 'image_data_param { source: "list" batch_size: 2 }',
    "ImageLabelmapData": 'image_data_param { source: "list" batch_size: 2 }',
    "ImageSegData": 'image_data_param { source: "list" batch_size: 2 }',
    "DenseImageData": 'dense_image_data_param { source: "list" batch_size: 2 }',
    "WindowData": 'window_data_param { source: "list" batch_size: 2 }',
}
COLOURS = "transform_param { crop_size: 8 force_color: true force_gray: true }"
CASES = [(kind, COLOURS, "transform_param.force_gray") for kind in LAYERS] + [
    ("AnnotatedData", "transform_param { resize_param { resize_mode: FIT_SMALL_SIZE height: 8 "
     "width: 8 } }", "data_param.batch_size"),
    ("AnnotatedData", "annotated_data_param { batch_sampler { sampler { min_scale: 2 } } }",
     "annotated_data_param.batch_sampler"),
    ("ImageSegData", 'transform_param { mean_file: "m" }', "transform_param.mean_file"),
    ("DenseImageData", "transform_param { noise_param { hist_eq: true } }",
     "transform_param.noise_param"),
    ("WindowData", "transform_param { mirror: true }", "transform_param.crop_size"),
]


@pytest.mark.parametrize("kind, settings, field", CASES)
def test_settings_that_the_net_refuses_are_refused_without_data(kind, settings, field, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(f'layer {{ name: "data" type: "{kind}" top: "data" top: "label"\n'
                    f"  {LAYERS[kind]}\n  {settings} }}\n")
    (census,) = take_census(path, Selection(phase="TRAIN"))
    with pytest.raises(SpecError) as refused:
        Net(path, "TRAIN")
    assert field in str(refused.value)
    assert census.problems[0].partition(" (with ")[0] == str(refused.value)
