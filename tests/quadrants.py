"""A net that finds bright quarters of an image: its answers are known without training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from framework.net.net import Net
from framework.weights.weights import save_weights

DATA = {
    "deploy": """layer { name: "data" type: "Input" top: "data"
      input_param { shape { dim: [1, 3, 16, 16] } }
      transform_param { mean_value: 100 scale: 0.01 } }""",
    "test": """layer { name: "data" type: "AnnotatedData" top: "data" top: "label"
      include { phase: TEST } data_param { source: "none" batch_size: 4 }
      annotated_data_param { label_map_file: "map" }
      transform_param { mean_value: 100 scale: 0.01
        resize_param { resize_mode: %s height: 16 width: 16 } } }""",
}
EVALUATE = """layer { name: "eval" type: "DetectionEvaluate" bottom: "detection_out" bottom: "label"
  top: "eval" detection_evaluate_param { num_classes: 2 background_label_id: 0 } }"""
BODY = """
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
  pooling_param { pool: AVE kernel_size: 8 stride: 8 } }
layer { name: "loc" type: "Convolution" bottom: "pool" top: "loc"
  convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "loc_perm" type: "Permute" bottom: "loc" top: "loc_perm"
  permute_param { order: [0, 2, 3, 1] } }
layer { name: "loc_flat" type: "Flatten" bottom: "loc_perm" top: "loc_flat" }
layer { name: "conf" type: "Convolution" bottom: "pool" top: "conf"
  convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "conf_perm" type: "Permute" bottom: "conf" top: "conf_perm"
  permute_param { order: [0, 2, 3, 1] } }
layer { name: "conf_rows" type: "Reshape" bottom: "conf_perm" top: "conf_rows"
  reshape_param { shape { dim: [0, -1, 2] } } }
layer { name: "conf_softmax" type: "Softmax" bottom: "conf_rows" top: "conf_softmax"
  softmax_param { axis: 2 } }
layer { name: "conf_flat" type: "Flatten" bottom: "conf_softmax" top: "conf_flat" }
layer { name: "priors" type: "PriorBox" bottom: "pool" bottom: "data" top: "priors"
  prior_box_param { min_size: 8 variance: 0.1 } }
layer { name: "detection_out" type: "DetectionOutput" bottom: "loc_flat" bottom: "conf_flat"
  bottom: "priors" top: "detection_out" detection_output_param { num_classes: 2
  nms_param { nms_threshold: 0.45 top_k: 10 } keep_top_k: 10 code_type: CENTER_SIZE } }
"""


def write_net(folder: Path, kind: str = "deploy", resize_mode: str = "WARP") -> tuple[Path, Path]:
    """A net file and a weight file: score 1 / (1 + exp(-20 brightness)), brightness in [-1, 1.55].

    A quarter's box is the quarter itself.
    """
    model, weights = folder / f"{kind}.prototxt", folder / "quadrants.caffemodel"
    data = DATA[kind] % resize_mode if kind == "test" else DATA[kind]
    model.write_text(data + BODY + (EVALUATE if kind == "test" else ""))
    net = Net(model, "TEST", skip_data=True)
    with torch.no_grad():
        for name in ("loc", "conf"):
            for blob in net.params[name]:
                blob.zero_()
        net.params["conf"][0][1] = 20 / 3
    save_weights(net, weights)
    return model, weights


def bright_quarter(height: int, width: int, row: int, column: int) -> np.ndarray:
    """A dark image (height, width, 3) with one bright quarter."""
    image = np.full((height, width, 3), 20, np.uint8)
    y, x = row * height // 2, column * width // 2
    image[y : y + height // 2, x : x + width // 2] = 220
    return image
