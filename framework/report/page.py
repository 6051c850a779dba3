"""A self-contained HTML page of sections with texts, charts and tables."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass, field

# Greys on white of 7:1 and more, so that all text is legible to weak eyes too.
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 84rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: #1b1b1b; background: #fff; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .4rem; border-top: 1px solid #767676;
  padding-top: .8rem; }
p { max-width: 50rem; margin: .4rem 0; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
a { color: #0b4f8a; }
a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 3px solid #0b4f8a;
  outline-offset: 2px; }
.figures { display: grid; gap: 1rem; margin: .8rem 0;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); }
.figures.photos { grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
figure { margin: 0; }
img { max-width: 100%; width: 100%; height: auto; display: block; border: 1px solid #d0d0d0; }
figcaption { font-size: .9rem; color: #3a3a3a; }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #d0d0d0; text-align: right;
  overflow-wrap: normal; }
td { white-space: nowrap; }
.text { text-align: left; white-space: normal; min-width: 7rem; max-width: 26rem; }
thead th { border-bottom: 2px solid #767676; vertical-align: bottom; }
tbody th { font-weight: 400; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
@media print { nav { display: none; } figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Chart:
    """An image of the page: the stem of its file, its PNG, and its words.

    alt      what it shows, for those who do not see it
    caption  a sentence below it
    inline   its bytes and type for the page; by default the PNG
    """

    name: str
    png: bytes
    alt: str
    caption: str = ""
    inline: tuple[bytes, str] | None = None


@dataclass(frozen=True)
class Table:
    """Rows below a head; the first column names the row, the first `num_texts` are texts."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    num_texts: int = 1


@dataclass
class Section:
    """A heading, sentences, charts and tables, in this order."""

    title: str
    notes: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    are_photos: bool = False


def render(title: str, lead: Sequence[str], sections: Sequence[Section]) -> str:
    """The page. All texts are escaped; nothing is loaded from elsewhere."""
    links = "".join(f'<li><a href="#part{index}">{html.escape(section.title)}</a></li>'
                    for index, section in enumerate(sections))
    body = "\n".join(_section(index, section) for index, section in enumerate(sections))
    paragraphs = "".join(f"<p>{html.escape(text)}</p>\n" for text in lead)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>{html.escape(title)}</h1>
{paragraphs}</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main id="main">
{body}
</main>
</body>
</html>
"""


def _section(index: int, section: Section) -> str:
    notes = "".join(f"<p>{html.escape(note)}</p>\n" for note in section.notes)
    charts = "".join(map(_figure, section.charts))
    kind = "figures photos" if section.are_photos else "figures"
    figures = f'<div class="{kind}">\n{charts}</div>\n' if charts else ""
    tables = "".join(map(_table, section.tables))
    return (f'<section aria-labelledby="part{index}">\n<h2 id="part{index}">'
            f"{html.escape(section.title)}</h2>\n{notes}{figures}{tables}</section>")


def _figure(chart: Chart) -> str:
    content, kind = chart.inline or (chart.png, "image/png")
    data = base64.b64encode(content).decode()
    caption = f"<figcaption>{html.escape(chart.caption)}</figcaption>" if chart.caption else ""
    return (f'<figure><img src="data:{kind};base64,{data}" alt="{html.escape(chart.alt)}">'
            f"{caption}</figure>\n")


def _table(table: Table) -> str:
    kinds = [' class="text"' if index < table.num_texts else "" for index in range(len(table.head))]
    head = "".join(f'<th scope="col"{kind}>{html.escape(name)}</th>'
                   for kind, name in zip(kinds, table.head, strict=True))
    rows = "\n".join(_row(row, kinds) for row in table.rows)
    name = html.escape(table.caption)
    # a region that scrolls must be reachable by keyboard
    return (f'<div class="wide" tabindex="0" role="region" aria-label="{name}"><table>'
            f"<caption>{name}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n"
            "</tbody></table></div>\n")


def _row(row: Sequence[str], kinds: Sequence[str]) -> str:
    cells = "".join(f"<td{kind}>{html.escape(cell)}</td>"
                    for kind, cell in zip(kinds[1:], row[1:], strict=True))
    return f'<tr><th scope="row"{kinds[0]}>{html.escape(row[0])}</th>{cells}</tr>'
