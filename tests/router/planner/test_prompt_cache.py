"""What an endpoint is thought to have in its prompt cache."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.planner import PromptCache
from nearline_router.planner.prompt_cache import DOUBTS, REMEMBERED, REPORTS
from nearline_router.types import Chat, Infill, Message, Prompt, Snippet, Usage

TYPED = Infill("prefix\n" * 100, "va", "suffix\n" * 20, "a.py", "python")
ELSEWHERE = Infill("other\n" * 150, "x", "", "b.py", "python")
HIT, MISS = Usage(4, 900), Usage(900, 4)


@pytest.fixture
def cache() -> PromptCache:
    """Of an endpoint that says what it finds in its cache."""
    cache = PromptCache()
    cache.observe(cache.sent(TYPED), Usage(900, 0))
    return cache


def anew_characters(cache: PromptCache, prompt: Infill) -> int:
    """How many of its characters are to be read."""
    share = cache.anew(prompt)
    assert share is not None
    return round(share * sum(map(len, (prompt.prefix, prompt.suffix, prompt.middle))))


def test_an_endpoint_that_reports_no_cache_is_not_guessed_at() -> None:
    """Then the average of the task is all there is."""
    cache = PromptCache()
    cache.observe(cache.sent(TYPED), Usage(900, None))

    assert cache.anew(TYPED) is None


def test_a_keystroke_costs_its_characters(cache: PromptCache) -> None:
    """The window stays, the middle grows."""
    assert anew_characters(cache, replace(TYPED, middle="value")) == 3


def test_a_new_window_costs_all_of_it(cache: PromptCache) -> None:
    """Another file, or another place."""
    assert cache.anew(ELSEWHERE) == 1


def test_another_suffix_costs_what_follows_the_prefix(cache: PromptCache) -> None:
    """That is the order in which a model reads it."""
    assert anew_characters(cache, replace(TYPED, suffix="else\n")) == len("else\nva")


def test_other_snippets_cost_the_whole_window(cache: PromptCache) -> None:
    """They come first."""
    assert cache.anew(replace(TYPED, context=(Snippet("c.py", "python", "import os\n"),))) == 1


def test_a_piece_that_was_read_ahead_is_not_read_again(cache: PromptCache) -> None:
    """As warm-ups read a prefix bit by bit."""
    cache.sent(replace(ELSEWHERE, prefix=ELSEWHERE.prefix[:600], middle=""))

    assert anew_characters(cache, ELSEWHERE) == 301


def test_a_conversation_that_goes_on_costs_its_new_turn(cache: PromptCache) -> None:
    """And another one costs all of it."""
    first = Message("user", "explain " * 50)
    cache.sent(Chat("system", (first,)))

    assert cache.anew(Chat("system", (first, Message("assistant", "it adds")))) == pytest.approx(7 / 413)
    assert cache.anew(Chat("another", (first,))) == 1


def test_keystrokes_do_not_push_another_window_out(cache: PromptCache) -> None:
    """A prompt that goes on from another takes its place."""
    cache.sent(ELSEWHERE)
    for length in range(3 * REMEMBERED):
        cache.sent(replace(TYPED, middle="v" * length))

    assert cache.anew(ELSEWHERE) == 0


def test_the_oldest_of_too_many_prompts_is_forgotten(cache: PromptCache) -> None:
    """Its place is taken."""
    for number in range(REMEMBERED):
        cache.sent(f"{number} is another text")

    assert cache.anew(TYPED) == 1


def test_after_a_restart_of_the_server_only_the_newest_prompt_is_believed(cache: PromptCache) -> None:
    """What it read although it had been sent it says that nothing else is there either."""
    cache.sent(ELSEWHERE)
    cache.observe(cache.sent(TYPED), MISS)

    assert (cache.anew(ELSEWHERE), cache.anew(TYPED)) == (1, 0)


def test_a_server_that_keeps_nothing_is_found_out(cache: PromptCache) -> None:
    """As soon as most of the doubted reports say so."""
    for _ in range(REPORTS - DOUBTS):
        cache.observe(cache.sent(TYPED), Usage(900, 0))

    assert cache.anew(TYPED) == 1


def test_what_it_keeps_survives_a_restart_and_no_prompt_does(cache: PromptCache) -> None:
    """No text is written anywhere."""
    cache.observe(cache.sent(TYPED), HIT)
    again = PromptCache()
    again.restore(cache.state())

    assert cache.state().keys() == {"kept"}
    assert (again.anew(TYPED), again.state()) == (1, cache.state())


@pytest.mark.parametrize("state", [{}, {"kept": "much"}, {"kept": float("nan")}, {"kept": -1}, {"kept": 2}])
def test_a_damaged_file_teaches_nothing(state: dict[str, object]) -> None:
    """It is as if nothing were known."""
    cache = PromptCache()
    cache.restore(state)

    assert cache.anew(TYPED) is None


TEXTS = st.text("ab\n", max_size=40)
PROMPTS = st.one_of(TEXTS, st.builds(Infill, TEXTS, TEXTS, TEXTS, st.just("a.py"), st.just("python")))
COUNTS = st.none() | st.integers(-5, 1000)


@given(st.lists(st.tuples(PROMPTS, st.builds(Usage, COUNTS, COUNTS)), max_size=12), PROMPTS)
def test_the_share_is_always_a_share(history: list[tuple[Prompt, Usage]], prompt: Prompt) -> None:
    """Whatever was sent, and whatever the endpoint said of it."""
    cache = PromptCache()
    for one, usage in history:
        cache.observe(cache.sent(one), usage)
    share = cache.anew(prompt)

    assert share is None or 0 <= share <= 1
