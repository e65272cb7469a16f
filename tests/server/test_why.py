"""What a person reads who asks why a request went where it went."""

from __future__ import annotations

from nearline_router.policy.decide import decide
from nearline_router.trace import Trace
from nearline_router.types import Chunk
from nearline_server.why import NOTHING_YET, explained
from tests.router.policy.test_decide import CHEAP, LOCAL, NOW_S, PLAIN, STRONG
from tests.router.policy.worlds import question, standing


def trace(**request: object) -> Trace:
    """A decision among three, one of which is blocked, on a clock that stands still."""
    found = [standing(LOCAL), standing(CHEAP), standing(STRONG, blocked_until_s=NOW_S + 9, trouble="refused")]
    return Trace(decide(question(**request), found, PLAIN, NOW_S), "ask", clock=lambda: 0.0)


def test_before_the_first_request_there_is_nothing_to_explain() -> None:
    """It says so."""
    assert explained(None) == NOTHING_YET


def test_it_says_who_why_how_long_and_what_else_was_looked_at() -> None:
    """Prediction beside reality, and a row for each endpoint with the reason against it."""
    one = trace(prompt="hunter2")
    one.saw(Chunk(endpoint="studio"))
    one.saw(Chunk("text"))

    text = explained(one)

    assert text.startswith("**studio** was chosen for `ask` by the rule *cost*.")
    assert "First content: predicted 85 ms, really 0 ms" in text
    assert "| strong |  |  | breaker open for 9 s: refused |" in text
    assert "| cheap | 320 ms | $" in text
    assert "hunter2" not in text


def test_it_says_who_was_asked_in_vain() -> None:
    """In order, and how it ended."""
    one = trace()
    for name in ("studio", "cheap"):
        one.saw(Chunk(endpoint=name))
    one.ended("cheap: no content in time")

    text = explained(one)

    assert "Asked one after the other: studio, cheap" in text
    assert "failed: cheap: no content in time" in text
