"""The dashboard in a real browser: getting in, staying up to date, and ending."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from .conftest import Home, Log, Open, Served, Visited

ATTEMPTS = ".tile:has-text('Attempts today') .figure"


def test_the_printed_address_leads_to_the_page_and_is_void_afterwards(fresh: Served, open_page: Open) -> None:
    """The key is gone from the address bar, and another browser sees no figure."""
    page = open_page(fresh.entrance)
    expect(page.get_by_role("heading", name="Attempts today")).to_be_visible()
    assert page.url == fresh.url
    other = open_page(fresh.entrance)

    expect(other.get_by_role("heading", name="No entry")).to_be_visible()
    assert open_page(fresh.url).get_by_role("heading", name="No entry").count() == 1


def test_a_link_on_another_site_leads_to_the_page_too(fresh: Served, open_page: Open) -> None:
    """As one in a terminal that is itself a page; a strict cookie is not sent where the way began elsewhere."""
    page = open_page("about:blank")

    def terminal(route: Route) -> None:
        route.fulfill(content_type="text/html", body=f'<a href="{fresh.entrance}">dashboard</a>')

    page.route("http://terminal.example/", terminal)
    page.goto("http://terminal.example/")
    page.get_by_role("link").click()

    expect(page.get_by_role("heading", name="Attempts today")).to_be_visible()


def test_no_script_sees_the_cookie(visited: Visited, open_page: Open) -> None:
    """Not even the page's own."""
    page = open_page(visited.served.url, storage_state=visited.cookies)

    assert page.evaluate("document.cookie") == ""


def test_what_happens_is_shown_without_a_reload_and_the_focus_stays(
    visited: Visited, open_page: Open, home: Home
) -> None:
    """Somebody who reads a table by keyboard is not thrown out of it."""
    page = open_page(visited.served.url, storage_state=visited.cookies)
    before = page.locator(ATTEMPTS).inner_text()
    table = page.get_by_role("group", name="Latest attempts")
    table.focus()
    home.attempt()

    expect(page.locator(ATTEMPTS)).not_to_have_text(before)
    expect(table).to_be_focused()


def test_it_can_be_paused_and_goes_on(visited: Visited, open_page: Open, home: Home) -> None:
    """Nothing moves that somebody wants to read; the clock is the page's, and is moved by hand."""
    page = open_page(visited.served.url, storage_state=visited.cookies)
    page.clock.install()
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Live")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused")
    before = page.locator(ATTEMPTS).inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    home.attempt()
    page.clock.run_for(10_000)
    assert asked == []
    page.get_by_role("button", name="Go on").click()
    page.clock.run_for(2_000)

    expect(page.locator(ATTEMPTS)).not_to_have_text(before)


def test_without_a_script_it_has_all_figures_and_comes_again(visited: Visited, open_page: Open, home: Home) -> None:
    """By the browser's own refresh."""
    page = open_page(visited.served.url, storage_state=visited.cookies, java_script_enabled=False)
    before = page.locator(ATTEMPTS).inner_text()
    assert not page.get_by_role("button").is_visible()
    home.attempt()

    expect(page.locator(ATTEMPTS)).not_to_have_text(before)


def test_the_report_is_one_click_away_and_the_way_back_too(visited: Visited, open_page: Open, log: Log) -> None:
    """Under the dashboard's own policy, of which the browser has nothing to complain."""
    page = open_page(visited.served.url, storage_state=visited.cookies)
    page.get_by_role("link", name="This month").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nearline in")
    page.go_back()

    expect(page.get_by_role("status")).to_have_text("Live")
    assert log.complaints == []


def test_when_the_command_ends_the_page_says_so_and_keeps_its_figures(fresh: Served, open_page: Open) -> None:
    """Ctrl-C with a page open ends at once, and well."""
    page = open_page(fresh.entrance)
    expect(page.get_by_role("status")).to_have_text("Live")
    assert fresh.end() == 0

    expect(page.get_by_role("status")).to_contain_text("has ended")
    expect(page.get_by_role("heading", name="Attempts today")).to_be_visible()
