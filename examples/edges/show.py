"""Write what the net takes for edges: work/found/NAME.png, the image beside it."""

from pathlib import Path

import cv2
import numpy as np
import torch

import framework

FOUND = Path("work/found")


def main() -> None:
    net = framework.Net("deploy.prototxt", "TEST", weights="work/hed_iter_300.caffemodel")
    FOUND.mkdir(exist_ok=True)
    for line in Path("work/test_JPEGImages.txt").read_text().splitlines()[:4]:
        name = line.split()[0]
        image = cv2.resize(cv2.imread(f"work/shapes/JPEGImages/{name}"), (96, 96))
        pixels = (image.astype(np.float32).transpose(2, 0, 1)[None] - 128) * 0.0156
        edges = net({"data": torch.from_numpy(pixels)})["edges"].detach().numpy()[0, 0]
        gray = cv2.cvtColor((edges * 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
        cv2.imwrite(str(FOUND / f"{Path(name).stem}.png"), np.hstack([image, gray]))


if __name__ == "__main__":
    main()
