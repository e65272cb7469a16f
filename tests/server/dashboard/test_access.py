"""Who gets in: whoever comes first with the key, by loopback's own names, and nobody else."""

from __future__ import annotations

import pytest

from nearline_router.config import RouterConfig
from nearline_server.dashboard.app import dashboard

from .asgi import ask
from .conftest import PORT, Board


async def test_the_key_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(board: Board) -> None:
    """And that no other port of this machine sees: its path cannot be guessed."""
    entered = await ask(board.app, board.entrance)
    attributes = {part.strip().lower() for part in entered.headers["set-cookie"].split(";")[1:]}

    assert entered.status == 200
    assert {"httponly", "samesite=strict", f"path={board.folder}".lower()} <= attributes
    assert len(board.folder) > 12
    assert (await ask(board.app, board.folder, cookie=entered.cookie)).status == 200


async def test_the_key_is_good_once(board: Board) -> None:
    """Whoever finds it in a history or a log comes too late."""
    await ask(board.app, board.entrance)
    again = await ask(board.app, board.entrance)

    assert again.status == 403
    assert "set-cookie" not in again.headers


async def test_a_look_ahead_does_not_use_the_key_up(board: Board) -> None:
    """Some programs ask for the head of a link that they show."""
    assert (await ask(board.app, board.entrance, method="HEAD")).status == 403
    assert (await ask(board.app, board.entrance)).status == 200


@pytest.mark.parametrize("path", ["", "live", "report", "dashboard.js", "dashboard.css", "?key=guess", "?key="])
@pytest.mark.parametrize("cookie", ["", "nearline=guess", "nearline=", "other=1"])
async def test_without_the_key_or_the_cookie_nothing_is_shown(board: Board, path: str, cookie: str) -> None:
    """Not even the script, and no figure."""
    answer = await ask(board.app, board.folder + path, cookie=cookie)

    assert answer.status == 403
    assert "Attempts" not in answer.text


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"localhost.evil.example:{PORT}", ""]
)
async def test_another_name_for_this_machine_is_refused(board: Board, host: str) -> None:
    """Also with the key, which stays unused; DNS rebinding has the right address under a wrong name."""
    assert (await ask(board.app, board.entrance, host=host)).status == 421
    assert (await ask(board.app, board.entrance, host=f"localhost:{PORT}")).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_there_is_nothing_to_change(board: Board, method: str) -> None:
    """And no answer to a question of another origin."""
    entered = await ask(board.app, board.entrance)
    answer = await ask(board.app, board.folder, method=method, cookie=entered.cookie)

    assert answer.status == 405
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", ["", "live", "dashboard.js", "nowhere", "report?month=never"])
async def test_every_answer_forbids_what_the_page_does_not_need(board: Board, path: str) -> None:
    """No other source, no frame, no guess at a type, no copy on a disk, no address told to anybody."""
    entered = await ask(board.app, board.entrance)
    answer = await ask(board.app, board.folder + path, cookie=entered.cookie)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_two_dashboards_share_nothing(board: Board) -> None:
    """Neither key nor folder."""
    _, other = dashboard(board.watch, RouterConfig(), PORT)

    assert set(other.split("?")) & set(board.entrance.split("?")) == set()
