"""Keys and passwords in text: what is found, what is not, and that looking is linear."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Callable
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.residency import assignments
from nearline_router.residency.kinds import MARKED, TOKENS, Kind
from nearline_router.residency.secrets import LONGEST, find_secret, spans

# Keys are put together here, so that scanners of repositories find none.
HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2
MIXED = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzC" * 3

SECRETS = [
    ("AWS access key", "AK" + "IA" + "QYLPMN5HHHFPZAM2"),
    ("AWS access key", 'session = Session("AS' + "IA" + 'QYLPMN5HHHFPZAM2")'),
    ("GitHub token", "gh" + "p_" + MIXED[:36]),
    ("GitHub token", "https://gh" + "o_" + MIXED[:36] + "@github.com/a/b"),
    ("GitHub token", "token: gh" + "s_" + MIXED[:36]),
    ("GitHub token", 'print("key:\\n' + "gh" + "p_" + MIXED[:36]),
    ("GitHub token", "github_" + "pat_" + MIXED[:22] + "_" + MIXED[:59]),
    ("GitLab token", "gl" + "pat-" + MIXED[:20]),
    ("GitLab token", "gl" + "rt-" + MIXED[:20]),
    ("Slack token", "xo" + "xb-123456789012-123456789012-" + MIXED[:24]),
    ("Slack token", "xa" + "pp-1-A0123456789-1234567890123-" + HEX),
    ("Slack webhook", "https://hooks.slack.com/" + "services/T01234567/B01234567/" + MIXED[:24]),
    ("Stripe key", "sk_" + "live_" + MIXED[:24]),
    ("Stripe key", "rk_" + "test_" + MIXED[:24]),
    ("Google key", "AI" + "za" + MIXED[:35]),
    ("Google client secret", "GOC" + "SPX-" + MIXED[:28]),
    ("OpenAI key", "sk-" + MIXED[:48]),
    ("OpenAI key", "sk-" + "proj-" + MIXED[:74] + "-" + MIXED[:20]),
    ("Anthropic key", "sk-" + "ant-api03-" + MIXED[:93] + "AA"),
    ("OpenRouter key", "sk-" + "or-v1-" + HEX),
    ("access token of npm", "//registry.npmjs.org/:_authToken=np" + "m_" + MIXED[:36]),
    ("PyPI token", "py" + "pi-AgEIcHlwaS5vcmc" + MIXED[:60]),
    ("JSON web token", "Bearer ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0." + MIXED[:43]),
    ("private key", "-----BEGIN RSA PRIV" + "ATE KEY-----\nMIIE"),
    ("private key", "-----BEGIN OPENSSH PRIV" + "ATE KEY-----"),
    ("private key", "AbCd\n-----END PGP PRIV" + "ATE KEY BLOCK-----"),
    ("Azure access key", "AccountName=a;Account" + "Key=" + (MIXED[:43] + "+" + MIXED[:42]) + "==;EndpointSuffix=x"),
    ("Azure access key", "SharedAccess" + "Key=" + MIXED[:43] + "="),
    ("password in an address", "postgres://app:" + "S3cr0t-9x" + "@db.example.org:5432/app"),
    ("password in an address", "redis://:" + "p4ssX91" + "@10.0.0.7/0"),
    ("Hugging Face token", "h" + "f_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH"),
    ("SendGrid key", "S" + "G." + MIXED[:22] + "." + MIXED[:43]),
    ("Twilio key", "S" + "K" + HEX[:32]),
    ("Telegram token", "123456789" + ":AA" + MIXED[:33]),
    ("Vault token", "hv" + "s." + MIXED[:95]),
    ("age key", "AGE-SECRET-" + "KEY-1" + "QPZRY9X8GF" * 5 + "QPZRY9X8"),
    ("password", 'password = "' + 'kX9vQ2mw"'),
    ("password", "'db_password': '" + "geheim7Parole',"),
    ("password", 'DB_PASSWORD: Final[str] = "' + 'tr0ub4dor"'),
    ("password", "export PGPASSWORD=" + "tr0ub4dor9"),
    ("password", "Server=db;User Id=sa;Password=" + "tR0ub4d0r9;"),
    ("secret value", "api_key: '" + HEX[:32] + "'"),
    ("secret value", 'const apiKey = "' + MIXED[:24] + '";'),
    ("secret value", '{"client_secret": "' + MIXED[:32] + '"}'),
    ("secret value", "AWS_SECRET_ACCESS_KEY=" + MIXED[:20] + "/" + MIXED[5:24]),
    ("secret value", "  auth-token: " + MIXED[:30] + "\n"),
    ("secret value", "https://x.org/?a=1&access_token=" + MIXED[:30] + "&b=2"),
]

ORDINARY = [
    'password = os.environ["DB_PASSWORD"]',
    "password: str | None = None",
    'parser.add_argument("--password", help="the password of the user")',
    'token = "access_token"',
    "token = tokenizer.encode(text)[0]",
    'api_key = "${OPENAI_API_KEY}"',
    'api_key = "<your key here>"',
    "API_KEY=$(cat key.txt)",
    "SECRET_KEY = get_random_secret_key()",
    'secret = "changeme123"',
    'password="example1234"',
    'self.token_type_ids = "token_type_ids_2"',
    "def next_token(self, source: str, position: int) -> Token:",
    'key = "2024-01-15T10:00:00"',
    'commit = "009e025ad4106ab333aa0b9dc4f2a884390d134c"',
    'sha256 = "' + HEX + '"',
    "import sklearn.metrics as sk",
    "task-0123456789abcdef0123456789abcdef0123",
    ".sk-folding-cube-animation-container-element-second { }",
    "https://user:password@example.com/path",
    "http://localhost:8080/@vite/client",
    "postgres://${USER}:${PASS}@localhost/db",
    '"integrity": "sha512-' + MIXED[:60] + '=="',
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "aws_access_key_id = AKIA" + "IOSFODNN7EXAMPLE",
    "uuid = '123e4567-e89b-12d3-a456-426614174000'",
    "private_key: RSAPrivateKeyV2,",
    "token: uint64_t;",
    "  secret: /etc/ssl/private/key1.pem",
    "const tokenPattern = /[a-z0-9_]{20,40}/",
    "KEYBOARD_LAYOUT=qwerty12",
    "# " + "-" * 76,
]


@pytest.mark.parametrize(("kind", "text"), SECRETS)
def test_a_secret_is_found_by_its_kind(kind: str, text: str) -> None:
    assert find_secret(text) == kind


@pytest.mark.parametrize(("kind", "text"), SECRETS)
def test_a_secret_is_found_in_the_midst_of_code(kind: str, text: str) -> None:
    code = 'def f(ä: str) -> str:\n    """Ünïcode 😀."""\n    return ä\n' * 20
    assert find_secret(f"{code}\n{text}\n{code}") == kind


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_code_has_no_secret(text: str) -> None:
    assert find_secret(text) is None


def test_every_kind_of_the_table_has_an_example() -> None:
    shown = {kind for kind, _ in SECRETS}
    rare = {"DigitalOcean token", "Shopify token", "Databricks token", "Grafana token", "Perplexity key", "Groq key"}
    assert {kind.name for kind in (*TOKENS, *MARKED)} - rare <= shown


def test_spans_cover_the_secret_and_not_the_text_around() -> None:
    secret = "gh" + "p_" + MIXED[:36]
    [span] = spans(f'é = "{secret}"')
    assert (span.kind, span.start, span.end) == ("GitHub token", 5, 5 + len(secret))


def test_neither_findings_nor_spans_repeat_the_secret() -> None:
    for _, text in SECRETS:
        assert MIXED[:12] not in f"{find_secret(text)}{spans(text)}"


@pytest.mark.parametrize("kind", [*TOKENS, *MARKED], ids=lambda kind: kind.form.pattern[:20])
def test_no_form_is_longer_than_what_is_searched_across_a_seam(kind: Kind) -> None:
    assert _parser.parse(kind.form.pattern).getwidth()[1] <= LONGEST


def nested_repetitions(parsed: object, inside: bool = False) -> bool:
    """Whether a repetition of more than one contains another, which is what makes searches explode."""
    if isinstance(parsed, (list, tuple, _parser.SubPattern)):
        items = list(parsed)
        if items and str(items[0]) in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            many = items[1][1] > 1
            return (inside and many) or nested_repetitions(items[1][2], inside or many)
        return any(nested_repetitions(item, inside) for item in items)
    return False


def test_the_check_for_nested_repetitions_sees_one() -> None:
    assert nested_repetitions(_parser.parse("(a+b)*"))


FORMS = [kind.form for kind in (*TOKENS, *MARKED)]
FORMS += [form for form in vars(assignments).values() if isinstance(form, re.Pattern)] + list(assignments._VALUES)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.pattern[:20])
def test_no_form_repeats_a_repetition(form: re.Pattern[str]) -> None:
    assert not nested_repetitions(_parser.parse(form.pattern, form.flags & ~re.DEBUG))


@given(st.text(alphabet=st.sampled_from("aA0_-.:=/@\"' \nİß😀\ud800"), max_size=400))
def test_any_text_can_be_searched(text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in spans(text))


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from([text for _, text in SECRETS[:27]]))
def test_a_secret_on_a_line_of_its_own_is_found_whatever_is_around(before: str, after: str, secret: str) -> None:
    assert find_secret(f"{before}\n{secret}\n{after}") is not None


@pytest.mark.parametrize(
    "piece",
    [lambda n: "a" * n, lambda n: "eyJ" * n, lambda n: "://a:" * n, lambda n: "token=" * n, lambda n: 'key="' * n],
)
def test_a_repeated_piece_is_searched_to_the_end(piece: Callable[[int], str]) -> None:
    assert find_secret(piece(20_000) + "\n" + "gh" + "p_" + MIXED[:36]) is not None


def test_less_than_one_file_in_a_hundred_of_the_standard_library_has_one() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    files = [file for file in library.rglob("*.py") if not {"test", "tests", "site-packages"} & {*file.parts}]
    found = [file.name for file in files if find_secret(file.read_text(encoding="utf-8", errors="replace"))]
    assert files
    assert len(found) * 100 < len(files), found
