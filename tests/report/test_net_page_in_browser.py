"""The page of a net in headless Chromium: folding, search, keys, zoom, and what it shows."""

import json

import pytest

from framework.report.net_page.compare import compare
from framework.report.net_page.graph import read_graph
from framework.report.net_page.groups import find_groups, view
from framework.report.net_page.layout import lay_out
from framework.report.net_page.page import to_page
from framework.report.net_summary import Selection
from tests.browser import Browser, chromium
from tests.report.test_net_page import EVIL, NET, ROOT, evil_net

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium")
FOCUSED = "(document.activeElement.getAttribute('aria-label') || '').split(',')[0]"
BOXES = "[...document.querySelectorAll('#boxes .box')].map(box => box.ariaLabel.split(',')[0])"
NEXT_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


def show(browser, folder, graph, unfolded=False):
    path = folder / "net.html"
    path.write_text(to_page(graph, find_groups(graph.nodes), unfolded))
    browser.errors.clear()
    browser.requests.clear()
    browser.open(path)
    browser.run(NEXT_FRAMES)


@pytest.fixture
def page(browser, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    show(browser, tmp_path, read_graph(path, Selection()))
    yield browser
    assert browser.errors == []
    assert [url for url in browser.requests if not url.startswith("file:")] == []


def boxes(browser):
    browser.run(NEXT_FRAMES)
    return set(browser.run(BOXES))


def test_arrows_walk_along_edges_and_enter_folds_and_unfolds(page):
    page.press("ArrowDown")
    assert page.run(FOCUSED) == "data"
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert page.run(FOCUSED) == "relu1_1"
    page.press("Enter")
    assert page.run(FOCUSED) == "conv1"
    assert boxes(page) == {"data", "conv1", "conv2_1", "sum"}
    assert page.run("document.activeElement.getAttribute('aria-expanded')") == "false"
    page.press("ArrowDown")
    assert page.run(FOCUSED) == "conv2_1"
    page.press("ArrowUp")
    page.press("Enter")
    assert boxes(page) == {"data", "conv1_1", "relu1_1", "pool1", "conv2_1", "sum"}
    page.press("End")
    assert page.run(FOCUSED) == "sum"
    page.press("Home")
    assert page.run(FOCUSED) == "data"


def test_a_slash_searches_enter_goes_on_and_escape_ends_it(page):
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.write("conv")
    assert page.run("document.getElementById('found').textContent") == "2 found"
    matches = page.run("[...document.querySelectorAll('#boxes .match')].map(box => box.ariaLabel)")
    assert [match.split(",")[0] for match in matches] == ["conv1_1", "conv2_1"]
    page.press("Enter")
    page.press("Enter")
    assert page.run("document.querySelector('#panel h2').textContent") == "conv2_1"
    page.press("Enter", shift=True)
    assert page.run("document.querySelector('#panel h2').textContent") == "conv1_1"
    page.press("Escape")
    assert page.run("document.querySelectorAll('#boxes .match').length") == 0
    assert page.run(FOCUSED) == "conv1_1"
    page.press("Escape")
    assert page.run("document.getElementById('panel').hidden")


def test_what_is_found_in_a_folded_group_is_unfolded(page):
    page.click("#fold")
    assert "pool1" not in boxes(page)
    page.press("/")
    page.write("pool1")
    page.press("Enter")
    assert "pool1" in boxes(page)


def test_a_click_shows_a_layers_facts_and_a_double_click_folds_its_group(page):
    page.click(".box[data-id='1']")
    facts = page.run("document.getElementById('panel').innerText")
    assert "net.prototxt:3" in facts and "2 x 4 x 14 x 18" in facts
    assert "54,432" in facts and "3 x 3 pixels" in facts     # 2 * 4 * 27 * 14 * 18
    assert "num_output" in facts
    page.click(".box[data-id='1']", count=2)
    assert boxes(page) == {"data", "conv1", "conv2_1", "sum"}


def test_the_wheel_the_buttons_and_the_keys_zoom_and_a_drag_moves(page):
    width = "document.querySelector('#boxes .box').getBoundingClientRect().width"

    def measured():
        page.run(NEXT_FRAMES)
        return page.run(width)

    first = measured()
    page.mouse("mouseWheel", 400, 400, deltaX=0, deltaY=-200)
    assert measured() > first * 1.2
    page.click("#fit")
    assert measured() == pytest.approx(first, rel=0.01)
    page.press("+")
    assert measured() == pytest.approx(first * 1.25, rel=0.01)
    page.click("#out")
    assert measured() == pytest.approx(first, rel=0.01)
    left = "document.querySelector('#boxes .box').getBoundingClientRect().left"
    before = page.run(left)
    page.mouse("mousePressed", 100, 500, button="left", clickCount=1)
    for x in (120, 160, 200):
        page.mouse("mouseMoved", x, 500, button="left", buttons=1)
    page.mouse("mouseReleased", 200, 500, button="left", clickCount=1)
    page.run(NEXT_FRAMES)
    assert page.run(left) == pytest.approx(before + 100, abs=2)


def test_every_control_and_box_has_a_role_and_a_name(page):
    unnamed = page.run("""[...document.querySelectorAll('button, input, #boxes .box, #view, aside')]
        .filter(one => !(one.ariaLabel || one.textContent.trim())).map(one => one.outerHTML)""")
    assert unnamed == []
    assert page.run("document.querySelectorAll('#boxes .box[role=button]').length") == 6
    assert page.run("document.querySelectorAll('#boxes .box[tabindex=\"0\"]').length") == 1


def contrast(first, second):
    """By WCAG 2's definition, of two colours as red, green and blue of 255."""
    def light(colour):
        parts = [value / 255 for value in colour]
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
                 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("status", ["", "added", "removed", "changed", "reshaped", "match"])
def test_text_in_boxes_is_legible_on_each_ground(page, status):
    page.click("#fit")
    colours = page.run(f"""(() => {{
        const box = document.querySelector('#boxes .box');
        box.classList.add({json.dumps(status)} || 'x');
        return ['.body', '.name', '.detail'].map(part =>
            getComputedStyle(box.querySelector(part)).fill.match(/[\\d.]+/g).slice(0, 3)
                .map(Number)); }})()""")
    assert contrast(colours[0], colours[1]) >= 4.5 and contrast(colours[0], colours[2]) >= 4.5


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_wider_than_the_window(page, width):
    page.resize(width, 844)
    try:
        page.click("#fit")
        page.run("choose(1, true)")
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.run("document.getElementById('view').clientHeight") > 200
    finally:
        page.resize(1440, 900)


def test_a_window_that_grows_shows_the_layers_that_come_into_sight(browser, tmp_path):
    browser.resize(800, 300)
    show(browser, tmp_path, read_graph(ROOT / "prototxt/ssd300_vgg16/deploy.prototxt", Selection()))
    before = boxes(browser)
    middle = browser.run("panX - view.clientWidth / 2")
    browser.resize(1440, 900)
    assert boxes(browser) > before
    assert browser.run("panX - view.clientWidth / 2") == middle


@pytest.mark.parametrize("name", ["googlenet", "ssd300_vgg16"])
def test_the_page_lays_out_as_the_svg_does(browser, tmp_path, name):
    graph = read_graph(ROOT / f"framework/zoo/{name}/deploy.prototxt", Selection())
    show(browser, tmp_path, graph, unfolded=True)
    seen = view(graph, find_groups(graph.nodes), set())
    layout = lay_out(len(seen.boxes), seen.edges)
    assert browser.run("shown.layout.rows") == layout.rows
    assert browser.run("shown.layout.x") == pytest.approx(layout.x, abs=1e-6)


def test_names_of_strangers_run_no_script(browser, tmp_path):
    show(browser, tmp_path, read_graph(evil_net(tmp_path), Selection()))
    browser.run("choose(3, true)")
    assert browser.run("document.querySelector('#panel h2').textContent") == EVIL
    assert browser.run("document.title") == EVIL
    assert browser.run("document.querySelectorAll('img').length") == 0 and browser.errors == []


def test_two_nets_are_side_by_side_with_their_differences(browser, tmp_path):
    for name, text in (("a", NET), ("b", NET.replace("num_output: 4", "num_output: 6"))):
        (tmp_path / name).write_text(text)
    graph = compare(*(read_graph(tmp_path / name, Selection()) for name in "ab"))
    show(browser, tmp_path, graph)
    assert browser.run("document.querySelectorAll('#others .box').length") == 6
    tops = browser.run("""[...document.querySelectorAll(".box[data-id='1']")].map(box =>
        [box.getBoundingClientRect().top, box.querySelector('.detail').textContent])""")
    assert tops[0][0] == tops[1][0]
    assert {text for _, text in tops} == {"Convolution 2x4x14x18", "Convolution 2x6x14x18"}
    browser.run("choose(1, true)")
    shown = browser.run("document.querySelector('#panel table').innerText")
    assert "num_output" in shown and "4 → 6" in shown
