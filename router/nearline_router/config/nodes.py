"""The tree of nodes that YAML is before it is values: the way to a place, repeated keys, and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import yaml

Location = tuple[str | int, ...]


def child(node: yaml.Node | None, step: str | int, key: bool) -> yaml.Node | None:
    """The value (the key itself: `key`) of a step from a node, if there is one."""
    if isinstance(node, yaml.MappingNode):
        pairs: Sequence[tuple[yaml.Node, yaml.Node]] = node.value
        return next((pair[0 if key else 1] for pair in pairs if pair[0].value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item
    return None


def written_out(node: yaml.Node | None, most: int) -> int:
    """How many values there are when every anchor is written out; more than `most` if one is inside itself.

    Raises RecursionError for blocks that are nested too deeply.
    """
    return _size(node, most, {})


def _size(node: yaml.Node | None, most: int, sizes: dict[int, int]) -> int:
    if node is None or not isinstance(node.value, list):
        return 1
    if id(node) not in sizes:
        sizes[id(node)] = most + 1  # what is seen from inside
        inner = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        sizes[id(node)] = 1 + sum(_size(one, most, sizes) for one in inner)
    return sizes[id(node)]


Repetition = tuple[Location, yaml.Node, yaml.Node]


def repetitions(root: yaml.Node | None) -> Iterator[Repetition]:
    """Location, second and first node of every key that a mapping has twice; each node is looked at once."""
    return _repetitions(root, (), set())


def _repetitions(node: yaml.Node | None, at: Location, seen: set[int]) -> Iterator[Repetition]:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        first: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in first:
                yield (*at, name), key, first[name]
            first.setdefault(name, key)
            yield from _repetitions(value, (*at, name), seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _repetitions(item, (*at, number), seen)
