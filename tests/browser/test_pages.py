"""The pages in a real browser, as they are looked at: by anybody, on any screen, by eye, ear or keyboard."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.busy_day import HOSTILE

from .conftest import Log, Open, Visited

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "narrow-dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
    "print": {"color_scheme": "light", "viewport": {"width": 794, "height": 1123}},
}
PAGES = ("now", "report", "file")
REACHABLE = "a[href], button, summary, [tabindex='0']"


@pytest.fixture
def look(open_page: Open, visited: Visited, report_file: Path) -> Any:
    """`look(page, how)`: one of the pages, in one of the ways to look at it."""

    def look(name: str, how: str = "light") -> Page:
        url = visited.served.url
        places = {"now": url, "report": f"{url}report", "file": report_file.as_uri()}
        # axe is put into the page from outside, which no policy of the page allows.
        page = open_page(places[name], storage_state=visited.cookies, bypass_csp=True, **LOOKS[how])
        if how == "print":
            page.emulate_media(media="print")
        if name == "now":
            page.get_by_role("status").get_by_text("Live", exact=True).wait_for(state="attached")
        return page

    return look


@pytest.mark.parametrize("how", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(look: Any, axe: str, screenshots: Path, name: str, how: str) -> None:
    """No violation of any weight; a picture is kept for those who want to see."""
    page: Page = look(name, how)
    page.screenshot(path=screenshots / f"{name}-{how}.png", full_page=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then((found) => found.violations)")

    assert [(one["impact"], one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("width", [320, 390, 768])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(look: Any, name: str, width: int) -> None:
    """What is wider, as a table may be, scrolls in itself."""
    page: Page = look(name)
    page.set_viewport_size({"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(look: Any, name: str) -> None:
    """Each link, button, fold and scrolling table once, in the order of the page, with an outline."""
    page: Page = look(name)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    wanted = page.locator(REACHABLE).filter(visible=True).count()
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        number, outline = page.evaluate(
            "(all) => { const here = document.activeElement; const seen = [...document.querySelectorAll(all)];"
            " return [seen.indexOf(here), getComputedStyle(here).outlineStyle]; }",
            REACHABLE,
        )
        assert outline not in ("none", "")
        reached.append(number)

    assert wanted > 2
    assert reached == sorted(set(reached))
    assert -1 not in reached


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_finds_its_way(look: Any, name: str) -> None:
    """One headline, one main part, no step left out between headlines, and words for every drawing."""
    page: Page = look(name)
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]))")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('svg:not([aria-hidden])')].filter((one) => !one.ariaLabel"
        " && !one.getAttribute('aria-labelledby') && !one.querySelector(':scope > title')).map((one) => one.outerHTML)"
    )

    assert page.get_by_role("main").count() == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("svg").count() > 0
    assert unnamed == []


@pytest.mark.parametrize("name", PAGES)
def test_what_comes_from_outside_is_shown_and_never_run(look: Any, log: Log, name: str) -> None:
    """No request of its own, no other title, no complaint of the browser's."""
    page: Page = look(name)

    assert page.title() != "1"
    assert page.locator("img").count() == 0
    assert log.complaints == []
    if name == "now":
        assert HOSTILE in page.inner_text("main")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_printed(look: Any, name: str) -> None:
    """To a few sheets."""
    page: Page = look(name)
    sheets = page.pdf(format="A4").count(b"/Type /Page\n") or page.pdf(format="A4").count(b"/Type/Page")

    assert 0 < sheets < 12
