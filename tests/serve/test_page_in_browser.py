"""The demo page in headless Chromium: an image in, boxes out, by keyboard too, at two widths."""

import os
import subprocess

import cv2
import numpy as np
import pytest

from tests.browser import LIMIT, Browser, chromium
from tests.serve.serving import quadrants
from tests.serve.test_server import TOOL, address_of

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium")
SAYS = "['status', 'problem'].map(id => document.getElementById(id).textContent).join()"
UNNAMED = """[...document.querySelectorAll('input, select, button')].filter(one =>
  one.checkVisibility() && !(one.labels?.length || one.ariaLabel || one.textContent.trim()))
  .map(one => one.outerHTML)"""
# labels with another element over their middle
COVERED = """[...document.querySelectorAll('.box span')].filter(label => {
  const {x, y, width, height} = label.getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2) !== label;
}).length"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    files = quadrants(tmp_path_factory.mktemp("net"))
    process = subprocess.Popen(
        [*TOOL, files.model, "--weights", files.weights, "--labelmap", files.labels, "--mean",
         "0,0,0", "--port", "0"], stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        yield f"http://127.0.0.1:{address_of(process)}/"
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture
def page(browser, address):
    browser.errors.clear()
    browser.requests.clear()
    browser.call("Page.navigate", url=address)
    wait(browser, "document.readyState === 'complete' && "
                  "document.getElementById('model')?.options.length")
    yield browser
    assert browser.errors == []
    own = (address, "blob:", "data:")
    assert [url for url in browser.requests if not url.startswith(own)] == []


def wait(browser, condition):
    """Until a JavaScript condition holds."""
    browser.run(f"""new Promise((done, fail) => {{
      const begin = Date.now();
      (function look() {{
        if ({condition}) done();
        else if (Date.now() - begin > {LIMIT * 1000}) fail(new Error({condition!r}));
        else setTimeout(look, 20);
      }})();
    }})""")


def choose(browser, path):
    """Choose a file, as in the dialog of the system."""
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    field = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", files=[str(path)], nodeId=field)


@pytest.mark.parametrize("width", [1440, 390])
def test_an_image_is_shown_with_its_boxes_whose_names_can_be_read(page, tmp_path, width):
    """The net finds each quarter, the bright one with a higher score than the dark ones."""
    page.resize(width, 900)
    image = np.full((240, 320, 3), 20, np.uint8)
    image[:120, 160:] = 220
    cv2.imwrite(str(tmp_path / "image.png"), image)
    choose(page, tmp_path / "image.png")
    wait(page, "document.querySelectorAll('.box').length === 4")
    assert page.run("document.querySelector('.box:last-child').textContent") == "<b>bright 1.00"
    assert page.run(COVERED) == 0
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    assert page.run(UNNAMED) == []

    page.run("document.getElementById('threshold').focus()")
    page.press("End")                       # the slider's, by keyboard
    wait(page, "document.querySelectorAll('.box').length < 4")
    assert "1.00" in page.run(SAYS)


def test_a_file_that_is_no_image_is_a_sentence(page, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    choose(page, tmp_path / "notes.txt")
    wait(page, f"({SAYS}).includes('notes.txt is not an image')")
