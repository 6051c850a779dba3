"""Random damage to files: bytes, and words of texts."""

import random
import re

BYTES = (b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f", (10**12).to_bytes(8, "little"), b"\r\n",
         b"[[[[", b"{", b'"', b"\0", b"\xff\xfe", "ä²".encode())
WORDS = ("0", "1", "-1", "3", "0.5", "-0.0", "1e39", "-1e400", "inf", "nan", "255", "65536",
         "2147483647", "4294967295", "18446744073709551616", "true", "false", '""', '"x"',
         "'\\0'", '"../x"', '"/dev/null"', "[", "]", "{", "}", "<", ">", ":", ",", ";", "#", "/",
         "TRAIN", "MAX", "data", "x" * 600, "²", "猫", "null", "*a", "&a", "%", "1:2", "-")
# a number, a word, a text in quotes, a blank, or any other sign
TOKEN = re.compile(rb'"[^"\n]*"|[\w.+-]+|\s+|.', re.DOTALL)


def damage_bytes(content: bytes, rng: random.Random) -> bytes:
    """One to four changes; half of them where the structure of a file is, at its beginning."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        if not data:
            break
        place = rng.randrange(len(data) if rng.random() < 0.5 else min(len(data), 400))
        _damage_at(data, place, rng)
    return bytes(data)


def _damage_at(data: bytearray, place: int, rng: random.Random) -> None:
    kind = rng.randrange(7)
    if kind == 0:
        data[place] = rng.randrange(256)
    elif kind == 1:
        data[place] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del data[place:place + rng.choice([1, 4, 50])]
    elif kind == 3:
        data[place:place] = rng.randbytes(rng.choice([1, 8]))
    elif kind == 4:
        del data[place:]
    elif kind == 5:
        piece = rng.choice(BYTES)
        data[place:place + len(piece)] = piece
    else:
        start, length = rng.randrange(len(data)), rng.choice([4, 16, 64])
        data[place:place + length] = data[start:start + length]


def damage_words(content: bytes, rng: random.Random) -> bytes:
    """One to three words lost, doubled, changed into another of the text or into an odd one."""
    words = TOKEN.findall(content)
    meant = [index for index, word in enumerate(words) if not word.isspace()]
    for _ in range(rng.choice([1, 1, 2, 3])):
        if not meant:
            break
        place, other = rng.choice(meant), rng.choice(meant)
        kind = rng.randrange(5)
        if kind == 0:
            words[place] = b""
        elif kind == 1:
            words[place] += b" " + words[place]
        elif kind == 2:
            words[place], words[other] = words[other], words[place]
        elif kind == 3:
            words[place] = words[other]
        else:
            words[place] = rng.choice(WORDS).encode()
    return b"".join(words)


def damage_text(content: bytes, rng: random.Random) -> bytes:
    """Words three times in four, else bytes."""
    return (damage_words if rng.random() < 0.75 else damage_bytes)(content, rng)
