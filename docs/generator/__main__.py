"""Write the pages that are made from the code, and remove those of layers that are gone."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.generator.markdown import GENERATED
from docs.generator.pages import all_pages

DOCS = Path(__file__).resolve().parents[1]


def main() -> int:
    pages = all_pages()
    for path in DOCS.rglob("*.md"):
        name = str(path.relative_to(DOCS))
        if name not in pages and path.read_text(encoding="utf-8").startswith(GENERATED):
            path.unlink()
    for name, text in sorted(pages.items()):
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(pages)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
