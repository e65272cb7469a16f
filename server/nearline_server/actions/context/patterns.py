"""What a declaration looks like in a line of each language: group 1 of a pattern is the name that it declares.

No parser: the text is what stands in an editor, and a declaration that is missed or one too many costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"[ \t]*{pattern}") for pattern in patterns)


NAME = r"([^\W\d]\w*)"
# At the line's beginning: deeper ones are local to a function.
OUTER = r"(?<![ \t])"
MODIFIERS = r"(?:[a-z@][\w()]*[ \t]+)*?"
# `return f(x)` and its like are no signatures.
TYPED = r"(?!(?:return|assert|else|new|throw|await|yield|case|goto|delete|if|while|for|switch|using|import|package)\b)"
SIGNATURE = TYPED + r"(?:[\w<>\[\],.:*&?~@]+[ \t]+)+[*&]*(?:\w+::)*" + NAME + r"[ \t]*(?:<[^<>()]*>)?\("

_C = _patterns(
    rf"{MODIFIERS}(?:class|struct|enum(?:[ \t]+class)?|union|namespace|concept)[ \t]+{NAME}",
    rf"#[ \t]*define[ \t]+{NAME}",
    rf"(?:typedef\b.*?|using[ \t]+){NAME}(?:;|[ \t]*=)",
    rf"(?:(?:static|extern|const|constexpr|inline)[ \t]+)+[\w:<>]+[ \t*&]+{NAME}[ \t]*(?:\[|=)",
    SIGNATURE,
)
_JAVA = _patterns(
    rf"{MODIFIERS}(?:class|interface|@interface|enum|record|struct|delegate[ \t]+\w+)[ \t]+{NAME}",
    rf"(?:(?:public|private|protected|internal|static|final|const|readonly)[ \t]+)+"
    rf"[\w<>\[\],.?]+[ \t]+{NAME}[ \t]*[=;{{]",
    SIGNATURE,
)
_JAVASCRIPT = _patterns(
    rf"{MODIFIERS}(?:function[ \t]*\*?|class|interface|type|enum|namespace)[ \t]+{NAME}",
    rf"{OUTER}{MODIFIERS}(?:const|let|var)[ \t]+{NAME}",
    # A method: its line ends with its body's beginning.
    rf"(?!(?:if|else|for|while|switch|catch|with|return|function)\b)"
    rf"{MODIFIERS}#?{NAME}[ \t]*(?:<[^<>()]*>)?\(.*\{{[ \t]*$",
)
_KOTLIN = _patterns(
    rf"{MODIFIERS}(?:class|interface|object|typealias|trait|type|enum|given)[ \t]+{NAME}",
    rf"{MODIFIERS}(?:fun|def)[ \t]+(?:<[^<>]*>[ \t]+)?(?:[\w<>?]+\.)*{NAME}",
    rf"{OUTER}{MODIFIERS}(?:val|var)[ \t]+{NAME}",
)
GENERIC = _patterns(
    rf"{MODIFIERS}(?:def|fn|func|function|fun|sub|proc|class|struct|interface|enum|trait|type)[ \t]+{NAME}"
)

_FAMILIES: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = (
    ("c cpp objective-c objective-cpp cuda-cpp", _C),
    ("java csharp", _JAVA),
    ("javascript javascriptreact typescript typescriptreact vue svelte", _JAVASCRIPT),
    ("kotlin scala", _KOTLIN),
    ("python", _patterns(
        rf"(?:async[ \t]+)?(?:def|class|type)[ \t]+{NAME}", rf"{OUTER}{NAME}[ \t]*(?::[^=]+)?=(?!=)",
    )),
    ("go", _patterns(
        rf"func[ \t]*(?:\([^)]*\)[ \t]*)?{NAME}", rf"{OUTER}(?:type|const|var)[ \t]+{NAME}",
        rf"{NAME}[ \t]+(?:struct|interface)\b",
    )),
    ("rust", _patterns(
        rf"(?:pub(?:\([^)]*\))?[ \t]+)?(?:(?:default|async|unsafe|const|extern(?:[ \t]+\"[^\"]*\")?)[ \t]+)*"
        rf"(?:fn|struct|enum|trait|type|static|const|mod|union|macro_rules!)[ \t]+(?:mut[ \t]+)?{NAME}",
    )),
    ("swift", _patterns(
        rf"{MODIFIERS}(?:func|class|struct|enum|protocol|actor|extension|typealias)[ \t]+{NAME}",
        rf"{OUTER}{MODIFIERS}(?:let|var)[ \t]+{NAME}",
    )),
    ("php", _patterns(
        rf"{MODIFIERS}(?:function|class|interface|trait|enum|const)[ \t]+&?{NAME}", rf"define\([ \t]*['\"]{NAME}",
    )),
    ("ruby", _patterns(rf"(?:def|class|module)[ \t]+(?:self\.)?(?:\w+::)*{NAME}", r"([A-Z]\w*)[ \t]*=(?!=)")),
    ("lua", _patterns(
        rf"(?:local[ \t]+)?function[ \t]+(?:\w+[.:])*{NAME}",
        rf"(?:local[ \t]+)?(?:\w+\.)*{NAME}[ \t]*=[ \t]*function\b",
        rf"{OUTER}local[ \t]+{NAME}[ \t]*=",
    )),
    ("elixir", _patterns(rf"def(?:p|macro|macrop|module|delegate|guard)?[ \t]+(?:\w+\.)*{NAME}")),
    ("shellscript", _patterns(rf"function[ \t]+{NAME}", rf"{NAME}[ \t]*\([ \t]*\)", r"([A-Z]\w+)=")),
    ("haskell", _patterns(r"([^\W\d][\w']*)[ \t]*::", rf"(?:data|newtype|type|class)[ \t]+(?:.*=>[ \t]*)?{NAME}")),
    ("zig", _patterns(
        rf"(?:(?:pub|export|inline|extern)[ \t]+)*fn[ \t]+{NAME}",
        rf"{OUTER}(?:pub[ \t]+)?(?:const|var)[ \t]+{NAME}",
    )),
    ("perl", _patterns(rf"(?:sub|package)[ \t]+(?:\w+::)*{NAME}", rf"(?:our|use[ \t]+constant)[ \t]+[$@%]?{NAME}")),
    ("r", _patterns(r"([^\W\d][\w.]*)[ \t]*(?:<-|=)[ \t]*function\b")),
    ("sql", _patterns(
        rf"(?i:create)[ \t]+(?:(?i:or[ \t]+replace|temporary|temp|unique|materialized)[ \t]+)*"
        rf"(?i:table|view|function|procedure|type|index)[ \t]+(?i:if[ \t]+not[ \t]+exists[ \t]+)?"
        rf"[\"`\[]?(?:\w+\.)?{NAME}",
    )),
)  # fmt: skip
_FAMILY = {language: languages for languages, _ in _FAMILIES for language in languages.split()}
_PATTERNS = dict(_FAMILIES)
# A longer line is data, on which a pattern would take too long.
LONGEST_LINE_CHARS = 300


def family(language: str) -> str:
    """What languages have in common that use each other's declarations; the language itself if it stands alone."""
    return _FAMILY.get(language, language)


def declared(line: str, patterns: Iterable[re.Pattern[str]]) -> str | None:
    """The name that a line declares."""
    if len(line) > LONGEST_LINE_CHARS:
        return None
    return next((match[1] for pattern in patterns if (match := pattern.match(line))), None)


def patterns_of(language: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of a language; of an unknown one, the words that most languages use."""
    return _PATTERNS.get(family(language), GENERIC)
