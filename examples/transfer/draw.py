"""Write scikit-learn's digits as two tasks: 0 to 4 with all images, 5 to 9 with eight of each."""

from pathlib import Path

import cv2
from sklearn.datasets import load_digits

WORK = Path("work")
FEW = 8


def main() -> None:
    digits = load_digits()
    (WORK / "images").mkdir(parents=True, exist_ok=True)
    lists = {"first_train": [], "first_test": [], "second_train": [], "second_test": []}
    counts = [0] * 10
    for index, (image, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        name = f"{index:04d}.png"
        cv2.imwrite(str(WORK / "images" / name), (image * 15.9).astype("uint8"))
        counts[digit] += 1
        if digit < 5:
            task = "first_test" if index % 6 == 0 else "first_train"
        else:
            task = "second_train" if counts[digit] <= FEW else "second_test"
        lists[task].append(f"{name} {digit % 5}\n")
    for task, lines in lists.items():
        (WORK / f"{task}.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
