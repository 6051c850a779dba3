"""The site: `make docs` builds it in build/site with Sphinx, whose autodoc reads the docstrings."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from google.protobuf.message import Message  # noqa: E402

import framework  # noqa: E402
from docs.generator.restructured import as_restructured  # noqa: E402

project = "Caffe on Torch"
release = version = framework.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.apidoc"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["generator"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = html_show_copyright = False
smartquotes = False          # it would make a dash of the two of a flag
myst_heading_anchors = 3
default_role = "code"
# Attributes and classes of one name in several modules (`type`, `Layer`): a hint has no module.
suppress_warnings = ["ref.python"]

apidoc_modules = [{
    "path": "../framework",
    "destination": "api",
    "exclude_patterns": ["../framework/cli/*", "../framework/moved.py",
                         "../framework/proto/schema.py"],
    "separate_modules": False,
    "include_private": False,
    "automodule_options": {"members", "show-inheritance"},
}]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_inherit_docstrings = False


def skip_message(app, what, name, item, skip, options):
    """Leave out protobuf's classes: docs/layers/messages.md has their fields, once."""
    return True if isinstance(item, type) and issubclass(item, Message) else None


def setup(app):
    """Docstrings are plain text with labelled lines; Sphinx wants reStructuredText."""
    app.connect("autodoc-skip-member", skip_message)
    app.connect("autodoc-process-docstring",
                lambda app, what, name, item, options, lines:
                lines.__setitem__(slice(None), as_restructured("\n".join(lines)).split("\n")))
