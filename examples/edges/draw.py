"""Write the edges of drawn shapes as images, from their label images, and lists for both splits."""

from pathlib import Path

import cv2
import numpy as np

SHAPES = Path("work/shapes")
EDGES = Path("work/edges")


def edges(labels: np.ndarray) -> np.ndarray:
    """255 where the class changes within a pixel, (H, W)."""
    kernel = np.ones((3, 3), np.uint8)
    return np.where(cv2.dilate(labels, kernel) != cv2.erode(labels, kernel), 255, 0)


def main() -> None:
    EDGES.mkdir(exist_ok=True)
    for split in ("trainval", "test"):
        names = (SHAPES / "ImageSets" / "Main" / f"{split}.txt").read_text().split()
        for name in names:
            labels = cv2.imread(str(SHAPES / "SegmentationClass" / f"{name}.png"))
            gray = cv2.cvtColor(labels, cv2.COLOR_BGR2GRAY)
            cv2.imwrite(str(EDGES / f"{name}.png"), edges(gray))
        for folder, suffix in (("JPEGImages", "jpg"), ("edges", "png")):
            lines = "".join(f"{name}.{suffix} 0\n" for name in names)
            Path(f"work/{split}_{folder}.txt").write_text(lines)


if __name__ == "__main__":
    main()
