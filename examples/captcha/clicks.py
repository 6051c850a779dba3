"""Say where to click, in the order that is asked for: python clicks.py detections.json A K M"""

import json
import sys


def main() -> None:
    file, *asked = sys.argv[1:]
    with open(file, encoding="utf-8") as opened:
        images = json.load(opened)["images"]
    for image in images:
        best = {}
        for found in sorted(image["detections"], key=lambda each: each["score"]):
            x1, y1, x2, y2 = found["box"]
            best[found["name"]] = ((x1 + x2) / 2, (y1 + y2) / 2)
        clicks = [f"{name} {best[name][0]:.0f},{best[name][1]:.0f}" if name in best else
                  f"{name} not there" for name in asked]
        print(f"{image['file']}: {'; '.join(clicks)}")


if __name__ == "__main__":
    main()
