"""Find fonts of this machine that have the letters of some names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matplotlib import font_manager, ft2font

FIRST = "DejaVu Sans"       # comes with Matplotlib
FOR_NO_LETTER = "Last Resort"       # so does this one, which has a box for every letter


def families_for(texts: Iterable[str]) -> tuple[list[str], set[str]]:
    """Names of font families that have all letters together, and the letters that none has.

    Matplotlib takes each letter from the first family that has it.
    """
    missing = {ord(letter) for text in texts for letter in text if not letter.isspace()}
    families = [FIRST]
    missing -= _letters(font_manager.findfont(FIRST))
    for font in sorted(font_manager.fontManager.ttflist, key=_plainness):
        if not missing:
            break
        if font.name in families or font.name.startswith(FOR_NO_LETTER):
            continue
        has = _letters(font.fname)
        if missing & has:
            families.append(font.name)
            missing -= has
    return families, {chr(code) for code in missing}


def legible(names: Mapping[int, str]) -> tuple[dict[int, str], list[str], str]:
    """Names as charts can show them, the font families for them, and a sentence; "" if all can.

    A name with a letter that no font has is replaced by its number.
    """
    families, missing = families_for(names.values())
    if not missing:
        return dict(names), families, ""
    shown = {label: f"class {label}" if missing & set(name) else name
             for label, name in names.items()}
    some = " ".join(sorted(missing)[:12])
    return shown, families, (f"No font of this machine has the letters {some}: names with them "
                             "are drawn as class 1, class 2, ... as numbered in the tables; to "
                             "draw them, install a font for them (Noto Sans, for instance).")


def _letters(path: str) -> set[int]:
    try:
        return set(ft2font.FT2Font(path).get_charmap())
    except (OSError, RuntimeError):     # a broken font of the system is not the user's mistake
        return set()


def _plainness(font: font_manager.FontEntry) -> tuple[bool, bool, str]:
    """Upright sans fonts of normal weight before others."""
    is_plain = font.style == "normal" and str(font.weight) in ("400", "normal", "regular")
    return not is_plain, "sans" not in font.name.lower(), font.name
