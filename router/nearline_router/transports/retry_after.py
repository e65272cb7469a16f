"""When a server that is busy wants to be asked again."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

# OpenAI's spelling of a span, such as 6m0s or 20ms ("Rate limits" in its API documentation).
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LIMITS = ("requests", "tokens")


def retry_after_s(headers: Mapping[str, str], now_s: float | None = None) -> float | None:
    """Seconds until a request has a chance again, by the server's own word; None where it gave none.

    Read in this order: `retry-after-ms`; `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), which
    is compared to `now_s`, seconds since 1970; OpenAI's `x-ratelimit-reset-…` of each limit that is used up.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    return _until(value, time.time() if now_s is None else now_s) if value else _limits_reset_s(headers)


def _number(value: str) -> float | None:
    """A number as RFC 9110 or a milder server writes it; no sign, no exponent, no digits but 0 to 9."""
    return float(value) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value.strip()) else None


def _until(date: str, now_s: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    # A date without a zone is in universal time (RFC 5322, section 3.3, "-0000").
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now_s)


def _limits_reset_s(headers: Mapping[str, str]) -> float | None:
    used_up = [limit for limit in _LIMITS if headers.get(f"x-ratelimit-remaining-{limit}") == "0"]
    return max((_span_s(headers.get(f"x-ratelimit-reset-{limit}", "")) for limit in used_up), default=0.0) or None


def _span_s(span: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _SPAN.findall(span))
