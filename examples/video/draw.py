"""Draw a video of 90 frames in which the shapes of `caffe make_shapes` move and turn."""

from pathlib import Path

import cv2
import numpy as np

WORK = Path("work")
WIDTH, HEIGHT, FRAMES = 320, 240, 90


def outline(name: str, turn: float) -> np.ndarray:
    """Points of a shape of radius 1."""
    if name == "star":
        angles = np.arange(10) * np.pi / 5 + turn
        return np.stack([np.cos(angles), np.sin(angles)], 1) * np.where(
            np.arange(10) % 2, 0.45, 1)[:, None]
    corners = {"circle": 60, "square": 4, "triangle": 3}[name]
    angles = np.arange(corners) * 2 * np.pi / corners + turn
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def main() -> None:
    generator = np.random.default_rng(3)
    names = ("circle", "square", "triangle", "star")
    places = np.array([(70, 70), (240, 80), (90, 170), (230, 170)], float)
    speeds = generator.uniform(-1.5, 1.5, (4, 2))
    colours = generator.uniform(0, 255, (4, 3))
    ground = cv2.resize(generator.uniform(60, 190, (6, 8, 3)), (WIDTH, HEIGHT),
                        interpolation=cv2.INTER_CUBIC)
    WORK.mkdir(exist_ok=True)
    video = cv2.VideoWriter(str(WORK / "moving.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25,
                            (WIDTH, HEIGHT))
    for frame in range(FRAMES):
        image = ground.copy()
        for index, name in enumerate(names):
            points = outline(name, frame * 0.03 * (index + 1)) * 32 + places[index]
            cv2.fillPoly(image, [np.round(points * 16).astype(np.int32)],
                         colours[index].tolist(), cv2.LINE_AA, 4)
        video.write(np.clip(image + generator.normal(0, 6, image.shape), 0, 255).astype("uint8"))
        places += speeds
        speeds[(places < 40) | (places > (WIDTH - 40, HEIGHT - 40))] *= -1
    video.release()


if __name__ == "__main__":
    main()
