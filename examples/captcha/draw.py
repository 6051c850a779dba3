"""Draw click-captchas: characters on a coloured ground, with an XML of boxes beside each image.

`python draw.py` names each character; `python draw.py --one-class` calls them all "character".
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from framework.data.datasets.label_files import Box
from framework.data.datasets.voc import annotation

WORK = Path("work")
CHARACTERS = "AEKMRX"
WIDTH, HEIGHT = 240, 120


def draw(generator: np.random.Generator) -> tuple[np.ndarray, list[Box]]:
    """An image of four characters, and their boxes."""
    ground = generator.uniform(40, 215, (3, 5, 3))
    image = cv2.resize(ground, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    boxes = []
    for index in range(4):
        name = str(generator.choice(list(CHARACTERS)))
        mask = np.zeros((64, 64), np.uint8)
        font = int(generator.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_TRIPLEX]))
        cv2.putText(mask, name, (16, 48), font, 1.5, 255, 3, cv2.LINE_AA)
        turn = cv2.getRotationMatrix2D((32, 32), generator.uniform(-30, 30),
                                       generator.uniform(0.7, 1.05))
        mask = cv2.warpAffine(mask, turn, (64, 64))
        left = index * 58 + int(generator.integers(0, 3))
        top = int(generator.integers(0, HEIGHT - 64))
        part = image[top : top + 64, left : left + 64]
        colour = (part.mean((0, 1)) + 128 + generator.uniform(-40, 40, 3)) % 256
        part += (colour - part) * (mask[:, :, None] / 255)
        rows, columns = np.nonzero(mask > 60)
        boxes.append(Box(name, (left + columns.min(), top + rows.min(),
                                left + columns.max() + 1, top + rows.max() + 1)))
    image += generator.normal(0, 8, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), boxes


def main() -> None:
    one_class = "--one-class" in sys.argv
    generator = np.random.default_rng(5)
    for folder, number in (("captchas", 300), ("unseen", 5)):
        (WORK / folder).mkdir(parents=True, exist_ok=True)
        for index in range(number):
            image, boxes = draw(generator)
            if one_class:
                boxes = [Box("character", box.corners) for box in boxes]
            path = WORK / folder / f"{index:03d}.png"
            cv2.imwrite(str(path), image)
            if folder == "captchas":
                path.with_suffix(".xml").write_text(annotation(path.name, WIDTH, HEIGHT, boxes))


if __name__ == "__main__":
    main()
