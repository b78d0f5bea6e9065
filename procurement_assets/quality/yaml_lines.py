"""YAML read with the line of each value, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from yaml.reader import ReaderError

from procurement_assets.quality.rule_words import yaml_reason


class YamlError(ValueError):
    """Not readable YAML."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Located:
    """A value and the line (from 1) where it begins; mappings and lists hold `Located` values."""

    value: Any
    line: int

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain() for v in self.value]
        return self.value

    def line_of(self, *path: str) -> int:
        """The line of a field (of a field of a field…), or of what should hold it where it is absent."""
        found = self
        for name in path:
            inner = found.value.get(name) if isinstance(found.value, dict) else None
            if inner is None:
                break
            found = inner
        return found.line


def read_yaml(text: str) -> Located:
    """The single document of a YAML text. Raises `YamlError`, also where a field is written twice."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        # A quotation mark that nothing closes is found at the end of the file: where it opens is what helps.
        open_quote = "quoted scalar" in str(error.context) and "unexpected end" in str(error.problem)
        mark = (error.context_mark if open_quote else None) or error.problem_mark or error.context_mark
        reason = yaml_reason(str(error.problem))
        raise YamlError(mark.line + 1 if mark else 1, f"YAML illisible : {reason}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"le caractère invisible U+{int(error.character):04X} n'y est pas permis : le retirer"
        raise YamlError(line, f"YAML illisible : {reason}") from error
    except yaml.YAMLError as error:
        raise YamlError(1, f"YAML illisible : {error}") from error
    if node is None:
        raise YamlError(1, "fichier vide")
    return _located(node, frozenset())


def _located(node: yaml.Node, within: frozenset[int]) -> Located:
    """`within`: the nodes that hold this one; an alias of one of them would never end."""
    line = node.start_mark.line + 1
    if id(node) in within:
        raise YamlError(line, "une valeur se contient elle-même (« & » et « * »)")
    within |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Located] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError(key.start_mark.line + 1, "le nom d'un champ est un mot, et non une liste")
            name = str(key.value)
            if name in found:
                raise YamlError(key.start_mark.line + 1, f"champ « {name} » écrit deux fois")
            # The line of the key: that is where a reader looks for the field.
            found[name] = Located(_located(value, within).value, key.start_mark.line + 1)
        return Located(found, line)
    if isinstance(node, yaml.SequenceNode):
        return Located([_located(item, within) for item in node.value], line)
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except ValueError as error:
        raise YamlError(line, f"« {node.value} » n'est pas une date ; un texte se met entre guillemets") from error
    except yaml.MarkedYAMLError as error:
        raise YamlError(line, f"YAML illisible : {yaml_reason(str(error.problem))}") from error
    return Located(value.isoformat() if isinstance(value, date) else value, line)
