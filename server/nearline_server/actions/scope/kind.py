"""What a head in front of an opening brace opens, by its words alone."""

from __future__ import annotations

import re

from nearline_server.actions.values import Chosen

# Languages in which a method has no keyword: a name and parameters are enough.
_BARE_METHODS = frozenset(
    {
        "c", "cpp", "csharp", "cuda-cpp", "dart", "groovy", "java", "javascript", "javascriptreact", "objective-c",
        "objective-cpp", "shellscript", "typescript", "typescriptreact",
    }
)  # fmt: skip
# Perl, Scala and the shell have functions without parameters.
_NO_PARAMETERS = frozenset({"perl", "scala", "shellscript"})
_C = frozenset({"c", "cpp", "objective-c", "objective-cpp", "cuda-cpp"})

_CONTROL_WORDS = (
    "if|else|elsif|elseif|for|foreach|while|until|do|switch|match|try|catch|finally|loop|with|using|lock|synchronized"
    "|select|when|guard|case|default|repeat|fixed|return|throw|yield|await|go|defer"
)
_CONTROL = re.compile(rf"\W*(?:[a-z]\w*\s*:\s*)?(?:{_CONTROL_WORDS})\b(?!\s*[:=])")
_CONTROL_AT_END = re.compile(r"\b(?:if|for|while|switch|catch|match|when)\s*\(\)$")
# What follows an earlier block of the same statement.
FOLLOWS = re.compile(r"\W*(?:else|elsif|elseif|catch|finally|rescue)\b")
_NAMESPACE = re.compile(r"\W*(?:(?:export|pub|inline|declare|pub\s*\(\))\s+)*(?:namespace|mod|module|extern|package)\b")
_GENERIC = re.compile(r"<(?:[^<>()=]|\(\)(?:\s*->)?)*>")
_NAMED = re.compile(
    r"\bfunc\s*(?:\(\)\s*)?[^\s()]+\s*\(\)|\b(?:function|fn|fun|def|sub|proc)\b\s*\*?\s*[^\s()=]+\s*\(\)"
)
_NAMED_ALONE = re.compile(r"\b(?:function|def|sub)\s+[^\s()=]+")
_ASSIGNED = re.compile(r"[=:]\s*(?:async\s+)?(?:function|func|fn|fun|sub)\b")
_INITIALIZER = re.compile(r"(?:^|\s)(?:(?:init[?!]?|subscript|constructor)\s*\(\)|deinit$)")
_CLASS = re.compile(
    r"(?:^|\s|@)(?:class|interface|struct|enum|union|trait|impl|object|protocol|extension|record|actor|mixin)\b"
    r"(?!\s*[=:.,()\]])|\btype\s+\w+(?:\[\])?\s+(?:struct|interface)\b|\bclass$"
)
_FUNCTION_OF_STRUCT = re.compile(r"(?:^|\s)(?:struct|enum|union|class)\s+\w+[\s*&]+[\w:]+\s*\(\)")
_ARROW = re.compile(r"(?:^|\s)(?:#?[\w$.]+\s*(?::.*)?=\s.*|#?[\w$]+\s*:.*|export default.*)=>$")
_METHOD = re.compile(r"[\w$>\]~]\s*\(\)|\boperator\b")
_LONE_CALL = re.compile(r"[\w$]+\s*\(\)")


def kind_of(header: str, language: str, *, in_statements: bool) -> Chosen | None:
    """What the head opens; None for what only gives names to a whole file, such as a namespace.

    A function that is an argument, with nothing to call it by, is a block. `in_statements`: the head stands in the
    body of a function, where a name with parameters is a macro that loops.
    """
    header = _without_generics(header)
    if _NAMESPACE.match(header):
        return None
    if is_control(header) or header.count("(") > header.count("()"):
        return "block"
    if _is_function(header, language):
        return "function"
    if _CLASS.search(header) and not (language in _C and _FUNCTION_OF_STRUCT.search(header)):
        return "class"
    if language in _BARE_METHODS and _is_method(header, in_statements=in_statements):
        return "function"
    return "block"


def is_control(header: str) -> bool:
    """Whether it is a condition, a loop, or another statement with a body."""
    return bool(_CONTROL.match(header) or _CONTROL_AT_END.search(header))


def _is_function(header: str, language: str) -> bool:
    if re.search(r"\bfun\s+interface\b", header):
        return False
    if language in _NO_PARAMETERS and _NAMED_ALONE.search(header):
        return True
    return bool(_NAMED.search(header) or _ASSIGNED.search(header) or _INITIALIZER.search(header))


def _is_method(header: str, *, in_statements: bool) -> bool:
    if header.endswith("=>"):
        return _ARROW.search(header) is not None
    if re.search(r"\bnew\s+\w|^#", header) or ("=" in header and "operator" not in header):
        return False
    if in_statements and _LONE_CALL.fullmatch(header):
        return False
    return _METHOD.search(header) is not None


def _without_generics(header: str) -> str:
    while True:
        shorter = _GENERIC.sub("", header)
        if shorter == header:
            return header
        header = shorter
