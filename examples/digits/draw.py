"""Write scikit-learn's 1,797 handwritten digits as images, with a list for each split."""

from pathlib import Path

import cv2
from sklearn.datasets import load_digits

WORK = Path("work")


def main() -> None:
    digits = load_digits()
    (WORK / "images").mkdir(parents=True, exist_ok=True)
    lists = {"train": [], "test": []}
    for index, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        name = f"{index:04d}.png"
        cv2.imwrite(str(WORK / "images" / name), (image * 15.9).astype("uint8"))
        lists["test" if index % 6 == 0 else "train"].append(f"{name} {label}\n")
    for split, lines in lists.items():
        (WORK / f"{split}.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
