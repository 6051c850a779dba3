"""Draw shelves with rows of products, in PASCAL VOC's layout."""

from pathlib import Path

import cv2
import numpy as np

from framework.data.datasets.label_files import Box
from framework.data.datasets.voc import annotation

DATA = Path("work/shelves")
PRODUCTS = ("bottle", "can", "carton", "jar")
WIDTH, HEIGHT = 320, 240


def paint(image: np.ndarray, name: str, left: int, floor: int, wide: int,
          colour: np.ndarray) -> Box:
    """Paint a product that stands on `floor`; returns its box."""
    high = {"bottle": 2.6, "can": 1.5, "carton": 1.9, "jar": 1.2}[name]
    top = floor - int(wide * high)
    fill, label = colour.tolist(), ((colour + 110) % 256).tolist()
    if name == "bottle":
        neck = top + int(wide * 0.9)
        cv2.rectangle(image, (left, neck), (left + wide, floor), fill, cv2.FILLED)
        cv2.rectangle(image, (left + wide // 3, top), (left + 2 * wide // 3, neck), fill,
                      cv2.FILLED)
    else:
        cv2.rectangle(image, (left, top), (left + wide, floor), fill, cv2.FILLED)
    if name == "can":
        cv2.ellipse(image, (left + wide // 2, top), (wide // 2, wide // 7), 0, 0, 360,
                    (200, 200, 200), cv2.FILLED)
        top -= wide // 7
    if name == "jar":
        cv2.rectangle(image, (left, top), (left + wide, top + wide // 4), (60, 60, 90), cv2.FILLED)
    middle = floor - int(wide * high * 0.4)
    cv2.rectangle(image, (left, middle - wide // 4), (left + wide, middle + wide // 4), label,
                  cv2.FILLED)
    return Box(name, (left, top, left + wide + 1, floor + 1))


def draw(generator: np.random.Generator) -> tuple[np.ndarray, list[Box]]:
    """A shelf, and the boxes of what stands on it."""
    image = np.ones((HEIGHT, WIDTH, 3)) * generator.uniform(90, 200, 3)
    boxes = []
    for floor in (105, 220):
        cv2.rectangle(image, (0, floor), (WIDTH, floor + 8), (70, 90, 110), cv2.FILLED)
        left = int(generator.integers(4, 20))
        while left < WIDTH - 44:
            name = str(generator.choice(PRODUCTS))
            wide = int(generator.integers(22, 36))
            colour = generator.uniform(0, 255, 3)
            boxes.append(paint(image, name, left, floor, wide, colour))
            left += wide + int(generator.integers(3, 30))
    image += generator.normal(0, 8, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), boxes


def main() -> None:
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (DATA / part).mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(11)
    for split, number in (("trainval", 120), ("test", 40)):
        names = [f"{split}_{index:03d}" for index in range(number)]
        for name in names:
            image, boxes = draw(generator)
            cv2.imwrite(str(DATA / "JPEGImages" / f"{name}.jpg"), image)
            text = annotation(f"{name}.jpg", WIDTH, HEIGHT, boxes)
            (DATA / "Annotations" / f"{name}.xml").write_text(text)
        (DATA / "ImageSets" / "Main" / f"{split}.txt").write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    main()
