"""Draw small pictures of clothes, turned, squeezed, coloured and noisy, with their lists."""

from pathlib import Path

import cv2
import numpy as np

WORK = Path("work")
SIZE = 32
# outlines in parts of the image, from left to right and back
OUTLINES = {
    "shirt": [(.1, .25), (.35, .15), (.65, .15), (.9, .25), (.85, .45), (.7, .4), (.7, .85),
              (.3, .85), (.3, .4), (.15, .45)],
    "trousers": [(.3, .1), (.7, .1), (.75, .9), (.57, .9), (.5, .4), (.43, .9), (.25, .9)],
    "dress": [(.38, .1), (.62, .1), (.6, .4), (.85, .9), (.15, .9), (.4, .4)],
    "shoe": [(.1, .4), (.3, .4), (.5, .58), (.85, .65), (.9, .78), (.1, .78)],
    "bag": [(.2, .45), (.35, .45), (.35, .25), (.65, .25), (.65, .45), (.8, .45), (.88, .85),
            (.12, .85)],
    "hat": [(.05, .7), (.28, .65), (.35, .3), (.65, .3), (.72, .65), (.95, .7), (.95, .78),
            (.05, .78)],
}


def draw(generator: np.random.Generator, name: str) -> np.ndarray:
    """A picture (32, 32, 3) of one thing."""
    points = np.array(OUTLINES[name]) - 0.5
    angle = generator.normal(0, 0.25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = points * generator.uniform(0.7, 1.05, 2) @ turn.T + generator.normal(0.5, 0.06, 2)
    ground = generator.uniform(20, 235, 3)
    colour = (ground + generator.choice([-1, 1], 3) * generator.uniform(40, 110, 3)) % 256
    image = np.ones((SIZE, SIZE, 3)) * ground
    cv2.fillPoly(image, [np.round(points * SIZE * 16).astype(np.int32)], colour.tolist(), shift=4)
    noise = cv2.GaussianBlur(generator.normal(0, 40, image.shape), (3, 3), 0)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def main() -> None:
    (WORK / "images").mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(1)
    for split, number in (("train", 300), ("test", 100)):
        lines = []
        for label, name in enumerate(OUTLINES):
            for index in range(number):
                file = f"{split}_{name}_{index:03d}.png"
                cv2.imwrite(str(WORK / "images" / file), draw(generator, name))
                lines.append(f"{file} {label}\n")
        (WORK / f"{split}.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
