"""Words of Darknet's .cfg files and the layers that they are."""

from __future__ import annotations

from collections.abc import Mapping

# By Darknet's name: type of the layer, and its message.
# Source: activations.h of pjreddie/darknet and AlexeyAB/darknet.
ACTIVATIONS: Mapping[str, tuple[str, dict[str, dict[str, float]]]] = {
    "logistic": ("Sigmoid", {}),
    "relu": ("ReLU", {}),
    "leaky": ("ReLU", {"relu_param": {"negative_slope": 0.1}}),
    "relie": ("ReLU", {"relu_param": {"negative_slope": 0.01}}),
    "tanh": ("TanH", {}),
    "elu": ("ELU", {}),
    "selu": ("SeLu", {}),
    "relu6": ("ReLU6", {}),
    "mish": ("Mish", {}),
    "swish": ("Swish", {}),
}
# of normalize_kernel in blas_kernels.cu of both; on the CPU pjreddie's has 1e-6 outside of the root
BATCH_NORM_EPS = 1e-5
