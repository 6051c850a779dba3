"""Generate a synthetic data set: captcha-like strings, faces, pairs of sentences, or skeletons.

Lists, train.txt and test.txt, and what they name appear in OUT when all of it is made. The same
seed makes the same data.

    strings   images/NAME.png, and `images/NAME.png a b c d` in the lists: the classes of the
              characters from 1 on, 0 after the last of a shorter string (CTC's blank)
    faces     images/person000012/person000012_0003.png and `IMAGE 12` in the lists: the persons
              of test.txt are others than those of train.txt; pairs.txt, of the test images in ten
              folds, in the form of LFW's
    sentences train.h5 and test.h5: `first` and `second` (N, 12), the numbers of the words, and
              `label` (N,), 1 if both mean the same; the lists name these files. words.txt has the
              words by number, 0 being the padding; train.tsv and test.tsv the text
    skeletons images/NAME.png of strokes, and label images masks/NAME.png of their middle lines: a
              pixel is of scale 1, 2 or 3, by the width of the stroke, or 0
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from framework.cli import app, gflags
from framework.data.convert.conversion import in_order
from framework.data.datasets import sentence_pairs
from framework.data.datasets.drawn_faces import draw_face, draw_identity
from framework.data.datasets.drawn_strings import draw_text
from framework.data.datasets.drawn_strokes import draw_strokes
from framework.errors import DataError
from framework.system.arrays import Levels
from framework.system.atomic import new_folder
from framework.system.progress import Progress
from framework.system.wording import counted
from framework.weights import hdf5

SPLITS = ("train", "test")
DEFAULTS = {"strings": (4000, 500), "faces": (200, 60), "sentences": (20000, 2000),
            "skeletons": (800, 200)}
NOUNS = {"strings": "string", "faces": "person", "sentences": "pair", "skeletons": "image"}
NUM_FOLDS = 10


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/make_dataset", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: tools/make_dataset strings strings --train 4000 --test 500")
    count = gflags.whole_number(0, 1_000_000)       # names have six digits
    size = gflags.whole_number(8, 4096)
    parser.add_argument("kind", metavar="KIND", choices=tuple(DEFAULTS),
                        help=" or ".join(DEFAULTS))
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make")
    parser.add_argument("--train", type=count, metavar="N",
                        help="strings, persons, pairs or images to train with (default: 4000, 200, "
                        "20000, 800)")
    parser.add_argument("--test", type=count, metavar="N",
                        help="strings, persons, pairs or images to test with (default: 500, 60, "
                        "2000, 200)")
    parser.add_argument("--characters", metavar="TEXT", default="0123456789",
                        help="of strings: the characters; class 1 is the first (default: "
                        "%(default)s)")
    parser.add_argument("--length", nargs="+", type=gflags.whole_number(1, 64), metavar="N",
                        default=[4], help="of strings: how many characters, or the fewest and the "
                        "most (default: 4)")
    parser.add_argument("--height", type=size, metavar="N", default=32,
                        help="of the images of strings (default: %(default)s)")
    parser.add_argument("--width", type=size, metavar="N", default=96,
                        help="of the images of strings (default: %(default)s)")
    parser.add_argument("--images", type=gflags.whole_number(1, 9999), metavar="N", default=10,
                        help="of faces: images of a person (default: %(default)s)")
    parser.add_argument("--size", type=size, metavar="N", default=64,
                        help="of faces: height and width of the images (default: %(default)s)")
    parser.add_argument("--pairs", type=gflags.whole_number(1, 100_000), metavar="N", default=60,
                        help="of faces: pairs of one person in each of ten folds, and as many of "
                        "two (default: %(default)s)")
    app.add_drawing_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(make, make_parser(), arguments)


def make(options: argparse.Namespace) -> int:
    """Draw everything into OUT. DataError for what the user can put right."""
    for name, default in zip(SPLITS, DEFAULTS[options.kind], strict=True):
        if getattr(options, name) is None:
            setattr(options, name, default)
    check_characters(options.characters)
    if len(options.length) > 2 or options.length[0] > options.length[-1]:
        raise DataError(f"--length {' '.join(map(str, options.length))}: give one number, or the "
                        "fewest and the most")
    with new_folder(options.out, options.redo) as folder:
        if options.kind == "strings":
            make_strings(options, folder)
        elif options.kind == "faces":
            make_faces(options, folder)
        elif options.kind == "sentences":
            make_sentences(options, folder)
        else:
            make_skeletons(options, folder)
    print(f"{options.out}: {counted(options.train + options.test, NOUNS[options.kind])}")
    return 0


def check_characters(characters: str) -> None:
    """DataError for characters that OpenCV's fonts do not have, or that are there twice."""
    wrong = next((one for one in characters if not "!" <= one <= "~"), "")
    if not characters or wrong:
        raise DataError(f"--characters: {wrong!r} cannot be drawn; give printable ASCII characters "
                        "without blanks")
    if len(set(characters)) < len(characters):
        raise DataError(f"--characters '{characters}': each character must be there once")


def make_strings(options: argparse.Namespace, folder: Path) -> None:
    """Draw the images of strings, and write the lists."""
    (folder / "images").mkdir()
    names = [f"{index:06d}" for index in range(options.train + options.test)]
    lengths = (options.length[0], options.length[-1])
    size = (options.height, options.width)

    def draw(name: str) -> str:
        generator = np.random.default_rng([options.seed, int(name)])
        image, text = draw_text(generator, options.characters, lengths, size)
        write_png(folder / "images" / f"{name}.png", image)
        classes = [options.characters.index(character) + 1 for character in text]
        classes += [0] * (lengths[1] - len(text))
        return f"images/{name}.png {' '.join(map(str, classes))}\n"

    lines = list(Progress(len(names), "draw").over(in_order(draw, names, options.jobs)))
    write_lists(folder, lines, options.train)


def make_faces(options: argparse.Namespace, folder: Path) -> None:
    """Draw persons several times each, and write the lists and the pairs."""
    if options.test == 1 or options.test and options.images == 1:
        raise DataError("--test and --images must be at least 2: pairs are made of them")
    (folder / "images").mkdir()
    numbers = list(range(options.train + options.test))

    def draw(number: int) -> str:
        identity = draw_identity(np.random.default_rng([options.seed, number]))
        name = f"person{number:06d}"
        person = folder / "images" / name
        person.mkdir()
        lines = []
        for index in range(1, options.images + 1):
            generator = np.random.default_rng([options.seed, number, index])
            image = draw_face(identity, generator, options.size)
            write_png(person / f"{name}_{index:04d}.png", image)
            lines.append(f"images/{name}/{name}_{index:04d}.png {number}\n")
        return "".join(lines)

    lines = list(Progress(len(numbers), "draw").over(in_order(draw, numbers, options.jobs)))
    write_lists(folder, lines, options.train)
    if options.test:
        (folder / "pairs.txt").write_text(pairs_text(options))


def pairs_text(options: argparse.Namespace) -> str:
    """Pairs of test images in LFW's form, drawn by the seed."""
    generator = np.random.default_rng([options.seed, 1 << 32])
    lines = [f"{NUM_FOLDS}\t{options.pairs}\n"]
    for _ in range(NUM_FOLDS):
        for _ in range(options.pairs):
            person = options.train + int(generator.integers(options.test))
            first, second = generator.choice(options.images, 2, replace=False) + 1
            lines.append(f"person{person:06d}\t{first}\t{second}\n")
        for _ in range(options.pairs):
            persons = options.train + generator.choice(options.test, 2, replace=False)
            indices = generator.integers(1, options.images + 1, 2)
            lines.append(f"person{persons[0]:06d}\t{indices[0]}\t"
                         f"person{persons[1]:06d}\t{indices[1]}\n")
    return "".join(lines)


def make_sentences(options: argparse.Namespace, folder: Path) -> None:
    """Write pairs of sentences as numbers and as text."""
    h5py = hdf5.module(folder)
    words = sentence_pairs.vocabulary()
    numbers = {word: number for number, word in enumerate(words)}
    (folder / "words.txt").write_text("".join(f"{word}\n" for word in words))
    for split, part in zip(SPLITS, (options.train, options.test), strict=True):
        generator = np.random.default_rng([options.seed, SPLITS.index(split)])
        pairs = [sentence_pairs.draw_pair(generator) for _ in range(part)]
        rows = [[sentence_pairs.numbers(text, numbers) for text in (pair.first, pair.second)]
                for pair in pairs]
        array = np.array(rows, np.float32).reshape(part, 2, sentence_pairs.LENGTH)
        with h5py.File(folder / f"{split}.h5", "w") as file:
            file["first"] = array[:, 0]
            file["second"] = array[:, 1]
            file["label"] = np.array([pair.is_same for pair in pairs], np.float32)
        (folder / f"{split}.txt").write_text(f"{options.out / split}.h5\n")
        (folder / f"{split}.tsv").write_text("".join(
            f"{int(pair.is_same)}\t{pair.first}\t{pair.second}\n" for pair in pairs))


def make_skeletons(options: argparse.Namespace, folder: Path) -> None:
    """Draw strokes and their middle lines, and write the lists."""
    for part in ("images", "masks"):
        (folder / part).mkdir()
    names = [f"{index:06d}.png" for index in range(options.train + options.test)]

    def draw(name: str) -> str:
        generator = np.random.default_rng([options.seed, int(Path(name).stem)])
        for part, image in zip(("images", "masks"), draw_strokes(generator), strict=True):
            write_png(folder / part / name, image)
        return f"images/{name} masks/{name}\n"

    lines = list(Progress(len(names), "draw").over(in_order(draw, names, options.jobs)))
    write_lists(folder, lines, options.train)


def write_lists(folder: Path, lines: Sequence[str], num_train: int) -> None:
    """Write the lists of the splits: the first `num_train` lines, and the rest."""
    parts = (lines[:num_train], lines[num_train:])
    for split, part in zip(SPLITS, parts, strict=True):
        (folder / f"{split}.txt").write_text("".join(part))


def write_png(path: Path, image: Levels) -> None:
    """Write an image file."""
    _, content = cv2.imencode(".png", image)
    path.write_bytes(content.tobytes())
