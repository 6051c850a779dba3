"""What `tools/detect` writes: drawn images and videos, crops, lines of JSON, a window."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

import cv2

from framework.data.records.exif import as_shown, pixels_as_shown
from framework.errors import CaffeError, DataError
from framework.inference.draw_boxes import Image, draw_detections
from framework.inference.results import Json, Origin, Results, detection_json
from framework.inference.sources import Source
from framework.inference.videos import VideoOutput
from framework.system.atomic import naming, replacing, write_file

MAX_STEM_BYTES = 200            # of a drawn image's name: a suffix, a number and more must fit
CROPS = "crops"
WINDOW = "caffe detect"
ESCAPE = 27
WITHOUT_WINDOWS = 3             # exit code of the program that tries to open one
TRIED = f"""import cv2
try:
    cv2.namedWindow({WINDOW!r})
except cv2.error:
    raise SystemExit({WITHOUT_WINDOWS})
"""
JPEG = ".jpg"


class Stopped(Exception):
    """The user closed the window or pressed q in it."""


class Targets:
    """The names of drawn images and videos: the source's own, numbered if it is taken, and never
    that of a source."""

    def __init__(self, sources: list[Source], out: Path):
        self.out = out
        self.folder = out.resolve()
        self.sources = {Path(str(source.word)).resolve() for source in sources
                        if source.kind in ("image", "video")}
        self.is_open = any(source.kind == "stdin" for source in sources)
        self.taken: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.by_file: dict[str, Path] = {}

    def of(self, origin: Origin) -> Path:
        """The path of the drawing of an image or a video; the same one each time."""
        if origin.file not in self.by_file:
            suffix = JPEG if origin.frame is None else ".mp4"
            self.by_file[origin.file] = self.out / self._name(_stem(origin.file), suffix)
        return self.by_file[origin.file]

    def _name(self, stem: str, suffix: str) -> str:
        plain = name = stem + suffix
        while not self.counts[plain] or self._is_taken(name):
            self.counts[plain] += 1
            number = self.counts[plain]
            name = plain if number == 1 else f"{stem}_{number}{suffix}"
        self.taken.add(name)
        return name

    def _is_taken(self, name: str) -> bool:
        """A file that is there may be read later, where standard input names the sources."""
        path = self.folder / name
        return name in self.taken or path in self.sources or (self.is_open and path.is_file())


def _stem(file: str) -> str:
    """The name of a file without its suffix, shortened; words for what is not a file."""
    if file == "-":
        return "stdin"
    path = Path(file.partition("://")[2].replace("/", "_").replace(":", "_").strip("_") or file)
    stem = path.name if "://" in file else path.stem
    return os.fsdecode(os.fsencode(stem)[:MAX_STEM_BYTES])


class Output:
    """Writes the results of one image or frame after the other; used as a context manager.

    tell    shows a line to the user
    counts  of "results", "boxes", "undrawn" and "left out", frames for which the net was too slow
    """

    def __init__(self, targets: Targets, names: Mapping[int, str], tell: Callable[[str], None], *,
                 upright: bool, crops: bool, show: bool):
        self.targets = targets
        self.names = names
        self.tell = tell
        self.upright = upright
        self.crops = crops
        self.show = show
        self.counts: Counter[str] = Counter()
        self.path = targets.out / "detections.jsonl"
        self.stack = contextlib.ExitStack()
        self.video: VideoOutput | None = None
        self.refused: set[Path] = set()     # drawings that cannot be written
        self.last = -1                      # frame of a camera

    def __enter__(self) -> Output:
        self.stack.enter_context(naming(self.path))
        if not self.path.exists():
            self.stack.callback(self._remove_empty)
        # what an earlier run listed stays until there is a result: "w" would empty the file
        self.lines: TextIO = self.stack.enter_context(self.path.open("a"))
        return self

    def _remove_empty(self) -> None:
        if not self.counts["results"]:
            self.path.unlink(missing_ok=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            self._close_video()
        finally:
            self.stack.__exit__(kind, error, trace)

    def add(self, found: Results, is_live: bool) -> None:
        """Draw, crop, show and list one image. Stopped if the window says so."""
        origin, image = found.origin, found.image
        assert origin is not None and image is not None
        target = self.targets.of(origin)
        canvas = _drawn(found, self.names, origin.orientation if self.upright else 1)
        if is_live and origin.frame is not None:
            self.counts["left out"] += origin.frame - self.last - 1
            self.last = origin.frame
        is_drawn = self._write(target, canvas, origin, is_live)
        if not is_drawn:
            self.counts["undrawn"] += 1
        crops = self._crop(found) if self.crops else []
        if not self.counts["results"]:
            self.lines.truncate(0)
        self.counts["results"] += 1
        self.counts["boxes"] += len(found)
        self.lines.write(json.dumps(
            entry(found, target if is_drawn else None, self.names, crops)) + "\n")
        self.lines.flush()
        if self.show:
            show(canvas, origin)

    def _write(self, target: Path, canvas: Image, origin: Origin, is_live: bool) -> bool:
        """Write or append a drawing; False, said in a line, once for a video, if it fails."""
        if target in self.refused:
            return False
        try:
            if self.video is None or self.video.path != target:
                self._close_video()
            if origin.frame is None:
                write_file(target, _jpeg(target, canvas))
                return True
            if self.video is None:
                self.video = VideoOutput(target, origin.rate, canvas)
        except CaffeError as error:
            self.refused.add(target)
            self.tell(f"not drawn: {error}")
            return False
        self.video.write(canvas, origin.seconds if is_live else None)
        return True

    def _close_video(self) -> None:
        video, self.video = self.video, None
        if video is None:
            return
        try:
            video.close()
        except DataError as error:
            self.counts["undrawn"] += 1
            self.tell(f"not drawn: {error}")

    def _crop(self, found: Results) -> list[str | None]:
        """Write the pixels of each box; their names in the folder, None of those without pixels."""
        origin, image = found.origin, found.image
        assert origin is not None and image is not None
        height, width = image.shape[:2]
        corners = found.boxes.clip(0, (width, height, width, height)).round().astype(int)
        stem = self.targets.of(origin).stem
        if origin.frame is not None:
            stem += f"_{origin.frame:06d}"
        names: list[str | None] = []
        for index, (x1, y1, x2, y2) in enumerate(corners.tolist(), 1):     # a file for each
            name = f"{CROPS}/{stem}_{index}{JPEG}"
            try:
                if x2 <= x1 or y2 <= y1:
                    raise DataError(f"{name}: the box has no pixels")
                path = self.targets.out / name
                write_file(path, _jpeg(path, image[y1:y2, x1:x2]))
                names.append(name)
            except CaffeError as error:
                names.append(None)
                self.tell(f"not cropped: {error}")
        return names

    def join(self, model: str, weights: str) -> None:
        """Write detections.json: the lines of detections.jsonl, all together."""
        head = json.dumps({"model": model, "weights": weights})[:-1]
        with replacing(self.targets.out / "detections.json") as partial, \
                partial.open("w") as file, self.path.open() as lines:
            file.write(f'{head}, "images": [')
            for number, line in enumerate(lines):
                file.write((",\n " if number else "\n ") + line.rstrip("\n"))
            file.write("\n]}\n")


def _drawn(found: Results, names: Mapping[int, str], orientation: int) -> Image:
    """The image with its boxes, as EXIF's `orientation` shows it."""
    image = found.image
    assert image is not None
    if orientation == 1:
        return draw_detections(image, found, names)
    height, width = image.shape[:2]
    turned = [dataclasses.replace(one, corners=as_shown(one.corners, orientation, (width, height)))
              for one in found]
    return draw_detections(pixels_as_shown(image, orientation), turned, names)


def _jpeg(target: Path, image: Image) -> bytes:
    """The bytes of a JPEG. DataError if it cannot be encoded."""
    try:
        done, content = cv2.imencode(JPEG, image)
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise DataError(f"{target}: {width} x {height} pixels cannot be written as a JPEG")
    return bytes(content.tobytes())


def entry(found: Results, target: Path | None, names: Mapping[int, str],
          crops: list[str | None]) -> Json:
    """What detections.json says of one image; boxes x1 y1 x2 y2 in its pixels.

    target  the drawn image or video; None if it could not be drawn
    """
    origin, image = found.origin, found.image
    assert origin is not None and image is not None
    at = {} if origin.frame is None else {"frame": origin.frame,
                                          "time": round(origin.seconds or 0, 3)}
    detections = [detection_json(one, names) for one in found]
    for detection, crop in zip(detections, crops, strict=False):
        detection["crop"] = crop
    return {
        "file": origin.file,
        **at,
        "drawn": None if target is None else target.name,
        "width": image.shape[1],
        "height": image.shape[0],
        "detections": detections,
    }


def check_display() -> None:
    """Open the window. DataError where none can be: a process of its own tries it first, since
    Qt, in OpenCV's packages, ends the process that asks for a display which does not answer."""
    on_linux = sys.platform.startswith("linux")
    if on_linux and not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        raise DataError("--show: there is no display here (DISPLAY and WAYLAND_DISPLAY are not "
                        "set); the drawings are in --out without it")
    # -P: not a cv2.py of the working directory
    done = subprocess.run([sys.executable, "-P", "-c", TRIED], capture_output=True, text=True,
                          errors="replace", check=False)
    if done.returncode == WITHOUT_WINDOWS:
        raise DataError("--show: the OpenCV here has no windows; `pip uninstall "
                        "opencv-python-headless` and `pip install opencv-python` bring one that "
                        "has")
    if done.returncode:
        line = next(iter(done.stderr.splitlines()), "no window can be opened")
        raise DataError(f"--show: {line}; the drawings are in --out without it")
    cv2.namedWindow(WINDOW, cv2.WINDOW_NORMAL)


def show(canvas: Image, origin: Origin) -> None:
    """Show a drawing: a frame until the next one, an image until a key. Stopped after q, Esc or
    when the window is closed."""
    cv2.imshow(WINDOW, canvas)
    key = cv2.waitKey(1 if origin.frame is not None else 0)
    is_closed = cv2.getWindowProperty(WINDOW, cv2.WND_PROP_VISIBLE) < 1
    if is_closed or key in (ord("q"), ESCAPE):
        raise Stopped


@contextlib.contextmanager
def window(is_wanted: bool) -> Iterator[None]:
    """Open the window, and close it at the end."""
    if not is_wanted:
        yield
        return
    check_display()
    try:
        yield
    finally:
        cv2.destroyAllWindows()
