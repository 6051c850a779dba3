"""All pages that are made from the code, by their paths below docs/."""

from __future__ import annotations

from docs.generator.command_line import command_pages
from docs.generator.layer_pages import layer_pages
from docs.generator.solver_page import solver_pages
from docs.generator.targets_page import targets_page
from docs.generator.zoo_page import zoo_pages


def all_pages() -> dict[str, str]:
    return {**layer_pages(), **command_pages(), **solver_pages(), **targets_page(),
            **zoo_pages()}
