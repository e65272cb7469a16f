"""When a busy server wants to be asked again, in every way that servers say it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.transports.retry_after import retry_after_s

# Wed, 21 Oct 2026 07:28:00 GMT.
NOW_S = 1_792_567_680.0
USED_UP = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": ""}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 -0000"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 09:28:30 +0200"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 99 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        (USED_UP, 90.0),
        (USED_UP | {"retry-after": "5"}, 5.0),
        (USED_UP | {"x-ratelimit-remaining-requests": "3"}, None),
        (USED_UP | {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0"}, None),
    ],
)
def test_the_servers_own_word_is_understood(headers: dict[str, str], expected: float | None) -> None:
    """Seconds, milliseconds, dates and OpenAI's spans; anything else is no word."""
    assert retry_after_s(headers, NOW_S) == expected


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", *USED_UP]), st.text(max_size=60)))
def test_whatever_a_header_says_the_wait_is_no_error_and_not_negative(headers: dict[str, str]) -> None:
    """Headers are written by strangers."""
    wait_s = retry_after_s(headers, NOW_S)

    assert wait_s is None or 0 <= wait_s < 1e12
