"""Tests of what other runtimes read: skipped, with the reason, where those are not installed."""

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
