"""The fault matrix: what each fault is to the user and to the endpoint's breaker, and who is asked next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.fault_server import Comment, Cut, End, ErrorInside, HangUp, Played, Raw, Reset, Role, Status, Text

# What the second endpoint answers.
SECOND = "from the second"
# The time by which a Retry-After that is a date is read.
NEW_YEAR_S = 1_767_225_600.0
IN_A_MINUTE = "Thu, 01 Jan 2026 00:01:00 GMT"

Where = Literal["here", "gone", "resets", "expired", "nameless"]


@dataclass(frozen=True)
class Verdict:
    """The breaker after one fault: whether it counted, for how long it is open, whether a person is needed."""

    counted: bool = True
    open_s: float | None = None
    attention: bool = False


ONE_OF_THREE = Verdict()
NEUTRAL = Verdict(counted=False)
# Ten minutes, unless the configuration is loaded again.
ATTENTION = Verdict(open_s=600, attention=True)


@dataclass(frozen=True)
class Row:
    """One fault of the first endpoint that is known without waiting.

    `said`: the error's sentence without the endpoint's name. `shown`: the text that the user sees; if it is
    SECOND, the second endpoint was asked, and nobody else otherwise.
    """

    fault: str
    steps: tuple[Played, ...]
    said: str
    verdict: Verdict = ONE_OF_THREE
    shown: str = SECOND
    provider: str = "openai-compatible"
    where: Where = "here"


def error(kind: str, message: str = "scripted") -> dict[str, dict[str, str]]:
    """A plain error's body."""
    return {"error": {"type": kind, "code": kind, "message": message}}


BUSY, FAILED = "busy or loading ({})", "failed inside ({})"
RESET = "the connection was reset (ReadError)"
CUT = "the stream ended without its end mark"
NONSENSE = "an event is not of its protocol"
TOO_LONG = "the prompt is too long ({})"
NO_CREDIT = "the account has no credit left ({})"

NO_ANSWER = [
    Row("refused", (), "nothing answers there", where="gone"),
    Row("reset before the head", (), RESET, where="resets"),
    Row("hangs up before the head", (HangUp(),), "the server hung up before the answer's end"),
    Row("expired certificate", (), "its certificate has expired", where="expired"),
    Row("name that does not resolve", (), "its name cannot be found", where="nameless"),
]
STATUSES = [
    Row("429", (Status(429),), BUSY.format(429)),
    Row("429, Retry-After: 7", (Status(429, {"Retry-After": "7"}),), BUSY.format(429), Verdict(open_s=7)),
    Row("429, Retry-After: a date", (Status(429, {"Retry-After": IN_A_MINUTE}),), BUSY.format(429), Verdict(open_s=60)),
    Row("429 insufficient_quota", (Status(429, body=error("insufficient_quota")),), NO_CREDIT.format(429), ATTENTION),
    Row("500", (Status(500),), FAILED.format(500)),
    Row("502", (Status(502, body=b"<html>Bad Gateway</html>"),), FAILED.format(502)),
    Row("503", (Status(503),), BUSY.format(503)),
    Row("503 Loading model", (Status(503, body=error("x", "Loading model")),), BUSY.format(503), NEUTRAL),
    Row("529", (Status(529),), BUSY.format(529)),
    Row("401", (Status(401),), "the key is missing or wrong (401)", ATTENTION),
    Row("402", (Status(402),), NO_CREDIT.format(402), ATTENTION),
    Row("403", (Status(403),), "the key is not allowed to do this (403)", ATTENTION),
    Row("400 wrong request", (Status(400),), "the request was refused (400)", NEUTRAL),
    Row("413", (Status(413),), TOO_LONG.format(413), NEUTRAL),
    Row("400 context length", (Status(400, body=error("context_length_exceeded")),), TOO_LONG.format(400), NEUTRAL),
]
BEFORE_CONTENT = [
    Row("reset after the head", (Role(), Reset()), RESET),
    Row("malformed JSON before content", (Raw(b"data: {nonsense\n\n"),), NONSENSE),
    Row("web page instead of a stream", (Status(200, body=b"<html>"),), "the answer is not a stream of events"),
    Row("error inside a 200 before content", (Role(), ErrorInside()), BUSY.format(529)),
    Row("cut without end mark before content", (Comment(), Role(), Cut()), CUT),
]
AFTER_CONTENT = [
    Row("reset after k chunks", (Text("so "), Text("far"), Reset()), RESET, shown="so far"),
    Row("malformed JSON after content", (Text("so far"), Raw(b"data: {nonsense\n\n")), NONSENSE, shown="so far"),
    Row("error inside a 200 after content", (Text("so far"), ErrorInside()), BUSY.format(529), shown="so far"),
    Row("cut without end mark after content", (Text("so far"), Cut()), CUT, shown="so far"),
]
NO_FAULT = [
    Row("empty answer with a proper end", (Role(), End()), "", NEUTRAL, shown=""),
    Row("no usage at the end", (Text("so far"), End(usage=False)), "", NEUTRAL, shown="so far"),
]
ANTHROPIC = [
    Row("overloaded inside a 200", (Role(), ErrorInside()), BUSY.format(529), provider="anthropic"),
    Row("overloaded after content", (Text("so"), ErrorInside()), BUSY.format(529), shown="so", provider="anthropic"),
    Row(
        "400 credit balance is too low",
        (Status(400, body=error("invalid_request_error", "Your credit balance is too low")),),
        NO_CREDIT.format(400),
        ATTENTION,
        provider="anthropic",
    ),
    Row("cut before message_stop", (Role(), Cut()), CUT, provider="anthropic"),
]
OLLAMA = [
    Row(
        "model not pulled",
        (Status(404, body={"error": "model 'm' not found"}),),
        "the model is not there; `ollama pull m` fetches it (404)",
        NEUTRAL,
        provider="ollama",
    ),
    Row("error line inside a 200", (Role(), ErrorInside()), FAILED.format(500), provider="ollama"),
    Row("cut before `done`", (Text("so far"), Cut()), CUT, shown="so far", provider="ollama"),
]
ROWS = [*NO_ANSWER, *STATUSES, *BEFORE_CONTENT, *AFTER_CONTENT, *NO_FAULT, *ANTHROPIC, *OLLAMA]
FAULTS = [row for row in ROWS if row.said]
