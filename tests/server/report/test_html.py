"""The page: whole, safe, and for everybody."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from nearline_router.accounts.period import Period
from nearline_server.report.html import render_html
from tests.router.accounts.books import Books

from .conftest import fill, made

LOADING = {"script", "link", "iframe", "object", "embed", "img", "base", "form", "image", "use", "video", "audio"}


class Page(HTMLParser):
    """What tags there are, what they have, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def page(books: Books) -> str:
    """Of a month with something of everything."""
    fill(books)
    return render_html(made(books))


def test_the_page_needs_nothing_else(page: str) -> None:
    """No script, and nothing that is loaded from anywhere."""
    tags = Page(page).tags

    assert {tag for tag, _ in tags} & LOADING == set()
    assert [name for _, values in tags for name in values if name.startswith("on") or name in ("src", "href")] == []
    assert not re.search(r"https?:|url\(|@import", page)


def test_its_policy_lets_in_its_own_style_and_nothing_else(page: str) -> None:
    """By the hash of the very text between the tags; and nothing in the page has a style of its own."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    tags = Page(page).tags
    (policy,) = [values["content"] for _, values in tags if values.get("http-equiv") == "Content-Security-Policy"]

    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert [values for _, values in tags if "style" in values] == []


def test_names_are_no_markup(books: Books) -> None:
    """Whoever names a model or a repository runs nothing in the page."""
    for column in ("endpoint", "model", "task", "repository", "language", "cost_centre"):
        books.attempt("2026-11-02", **{column: "<script>alert(1)</script>\"'&"}, ttft_us=1000)
    books.suggestion("2026-11-02", language="<script>alert(1)</script>")
    event = {"at_us": 1793620000000000, "endpoint": "<script>", "kind": "heat", "state": "hot", "reason": "<script>"}
    books.insert("events", event)
    page = render_html(made(books, by="repository"))

    assert "<script" not in page
    assert {tag for tag, _ in Page(page).tags} & LOADING == set()


def test_every_plot_has_its_numbers_as_a_table(page: str) -> None:
    """For who cannot see it."""
    sections = page.split("<section")
    plots = [section for section in sections if 'class="plot wide"' in section]

    assert len(plots) == 4
    assert all("<table>" in section and "<title" in section for section in plots)


def test_ids_are_unique_and_references_lead_somewhere(page: str) -> None:
    """Else a screen reader says nothing, or the wrong thing."""
    tags = Page(page).tags
    ids = [values["id"] for _, values in tags if "id" in values]
    named = [name for _, values in tags for name in (values.get("aria-labelledby") or "").split()]

    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)


def test_what_scrolls_can_be_reached_by_keyboard(page: str) -> None:
    """Each such region has a name."""
    regions = [values for _, values in Page(page).tags if values.get("class") == "scroll"]

    assert regions
    assert all(values.get("tabindex") == "0" and values.get("aria-label") for values in regions)


def test_the_page_says_what_there_is_to_say(page: str) -> None:
    """Costs with their certainty, the break-even, what is unknown."""
    text = Page(page).text

    assert "Nearline in November 2026" in text
    assert (
        "Full cost: $15.00 exact, $0.00 estimated, $0.00 at least. Not in it: 1 attempt without a known price." in text
    )
    assert "At this load (0.43 % of the hours) studio never pays for itself" in text
    assert "≥ $15.00" in text


def test_an_empty_month_says_so(books: Books) -> None:
    """And draws nothing."""
    page = render_html(made(books))

    assert "Nothing was recorded in November 2026." in page
    assert "<svg" not in page


def test_a_long_period_has_a_bar_a_week(books: Books) -> None:
    """A bar a day would be too thin to see."""
    books.attempt("2026-02-02")
    books.attempt("2026-11-02")
    page = render_html(made(books, Period(date(2026, 1, 1), date(2026, 11, 30))))

    assert "Cost by week and endpoint" in page
    assert page.count("Feb 2, studio") == 2  # in each width
