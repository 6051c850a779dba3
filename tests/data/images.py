"""Small images and annotation files for tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from framework.data.datasets.label_files import Box
from framework.data.datasets.voc import annotation


def noise_image(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Blurred noise, uint8 (height, width, 3): a JPEG of it is larger than its header."""
    generator = np.random.default_rng(seed)
    noise = generator.integers(0, 256, size=(height, width, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.0)


def write_jpeg(path: Path, height: int = 30, width: int = 40, seed: int = 0) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = cv2.imencode(".jpg", noise_image(height, width, seed))[1].tobytes()
    path.write_bytes(content)
    return content


def make_voc(root: Path, boxes_by_name: dict[str, list[Box]], split: str = "trainval") -> Path:
    """A VOC folder of 40 x 30 images with these boxes."""
    for folder in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for seed, (name, boxes) in enumerate(boxes_by_name.items()):
        write_jpeg(root / "JPEGImages" / f"{name}.jpg", 30, 40, seed)
        (root / "Annotations" / f"{name}.xml").write_text(annotation(f"{name}.jpg", 40, 30, boxes))
    (root / "ImageSets" / "Main" / f"{split}.txt").write_text(
        "".join(f"{name}\n" for name in boxes_by_name)
    )
    return root
