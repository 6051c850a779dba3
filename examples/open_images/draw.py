"""Draw streets with buses and trucks, and their boxes in the columns of Open Images."""

import csv
from pathlib import Path

import cv2
import numpy as np

WORK = Path("work")
NAMES = {"/m/01bjv": "bus", "/m/07r04": "truck"}
WIDTH, HEIGHT = 320, 240


def vehicle(generator: np.random.Generator, image: np.ndarray, name: str) -> tuple[float, ...]:
    """Paint one; returns its box in parts of the image."""
    long = generator.uniform(70, 150)
    high = long * generator.uniform(0.38, 0.5)
    left = generator.uniform(4, WIDTH - long - 4)
    top = generator.uniform(HEIGHT * 0.35, HEIGHT - high - 12)
    colour = generator.uniform(0, 255, 3)

    def box(x1: float, y1: float, x2: float, y2: float, fill: np.ndarray) -> None:
        corners = [(int(left + x * long), int(top + y * high)) for x, y in ((x1, y1), (x2, y2))]
        cv2.rectangle(image, *corners, fill.tolist(), cv2.FILLED)

    glass = generator.uniform(160, 240, 3)
    if name == "bus":
        box(0, 0, 1, 0.85, colour)
        for index in range(5):
            box(0.05 + index * 0.19, 0.12, 0.18 + index * 0.19, 0.42, glass)
    else:
        box(0, 0, 0.7, 0.85, colour)
        box(0.74, 0.25, 1, 0.85, (colour + 90) % 256)
        box(0.82, 0.32, 0.97, 0.52, glass)
    for place in (0.18, 0.82):
        cv2.circle(image, (int(left + place * long), int(top + 0.86 * high)), int(0.13 * high),
                   (25, 25, 25), cv2.FILLED, cv2.LINE_AA)
    return left / WIDTH, (left + long) / WIDTH, top / HEIGHT, (top + high) / HEIGHT


def main() -> None:
    generator = np.random.default_rng(7)
    for split, number in (("train", 240), ("validation", 60)):
        folder = WORK / "data" / split
        folder.mkdir(parents=True, exist_ok=True)
        with open(WORK / "data" / f"{split}-annotations-bbox.csv", "w", newline="") as file:
            table = csv.writer(file)
            table.writerow(("ImageID", "Source", "LabelName", "Confidence",
                            "XMin", "XMax", "YMin", "YMax"))
            for index in range(number):
                name = f"{split}{index:04d}"
                ground = generator.uniform(60, 200, (4, 4, 3))
                image = cv2.resize(ground, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
                for label in generator.choice(list(NAMES), int(generator.integers(1, 3))):
                    sides = vehicle(generator, image, NAMES[label])
                    table.writerow((name, "drawn", label, 1, *(f"{side:.4f}" for side in sides)))
                image += generator.normal(0, 8, image.shape)
                pixels = np.clip(image, 0, 255).round().astype(np.uint8)
                cv2.imwrite(str(folder / f"{name}.jpg"), pixels)


if __name__ == "__main__":
    main()
