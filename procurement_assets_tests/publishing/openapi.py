"""The vendor's OpenAPI as a judge of requests: path, method, parameters and body, by JSON Schema.

The published file has a comma too many (`"from_name"`): such commas are removed before reading.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


class Api:
    """One OpenAPI description."""

    def __init__(self, path: Path) -> None:
        text = re.sub(r",(\s*[}\]])", r"\1", path.read_text(encoding="utf-8"))
        self.document = json.loads(text)
        self.registry: Registry[Any] = Registry().with_resource(
            "urn:api", Resource(contents=self.document, specification=DRAFT202012)
        )
        self.templates = [
            (re.compile("^" + re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(p)) + "$"), p) for p in self.document["paths"]
        ]

    def faults(self, method: str, path: str, query: str, body: Any, kind: str) -> list[str]:
        """What is wrong with a request; `kind`: `json`, `form` or empty."""
        templates = [t for pattern, t in self.templates if pattern.match(path)]
        # A fixed path wins over one with a parameter (`exports/csv` over `exports/{format}`).
        for template in sorted(templates, key=lambda t: t.count("{")):
            operation = self.document["paths"][template].get(method.lower())
            if operation is None:
                continue
            return [
                *self._parameters(template, query),
                *self._body(operation, body, kind),
            ]
        return [f"{method} {path}: not in the description"]

    def answer_faults(self, schema: str, body: Any) -> list[str]:
        """What is wrong with an answer, by the name of its schema or of its response."""
        return self._validate(f"urn:api#/components/{schema}", body)

    def _parameters(self, template: str, query: str) -> list[str]:
        known: dict[str, Any] = {}
        # Parameters common to the formats stand on the general path of the Explore API.
        general = re.sub(r"/exports/csv$", "/exports/{format}", template)
        for name in {template, general}:
            for parameter in self.document["paths"].get(name, {}).get("get", {}).get("parameters", []):
                resolved = self._resolve(parameter)
                if resolved["in"] == "query":
                    known[resolved["name"]] = resolved.get("schema", {})
            for parameter in self.document["paths"].get(name, {}).get("parameters", []):
                resolved = self._resolve(parameter)
                if resolved["in"] == "query":
                    known[resolved["name"]] = resolved.get("schema", {})
        found = []
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name not in known:
                found.append(f"unknown parameter {name}")
                continue
            typed: Any = value
            if known[name].get("type") in ("integer", "number"):
                typed = int(value)
            elif known[name].get("type") == "boolean":
                typed = {"true": True, "false": False}.get(value, value)
            found += [e.message for e in Draft202012Validator(known[name]).iter_errors(typed)]
        return found

    def _body(self, operation: dict[str, Any], body: Any, kind: str) -> list[str]:
        declared = operation.get("requestBody")
        if declared is None:
            return ["a body where none is declared"] if body is not None else []
        media = {"json": "application/json", "form": "multipart/form-data"}.get(kind, "")
        content = declared["content"]
        if media not in content:
            return [f"body of kind {kind or 'none'} where {', '.join(content)} is declared"]
        return self._typed(content[media]["schema"], body)

    def _typed(self, schema: dict[str, Any], body: Any) -> list[str]:
        """Against a schema, and against the one that its discriminator names."""
        found = self._errors(schema, body)
        resolved = self._resolve(schema)
        discriminator = resolved.get("discriminator")
        if discriminator and isinstance(body, dict):
            kind = body.get(discriminator["propertyName"])
            target = discriminator["mapping"].get(kind)
            if target is None:
                return [*found, f"{discriminator['propertyName']}: {kind!r} is none of the discriminator's"]
            found += self._validate(f"urn:api{target}", body)
        for name, child in resolved.get("properties", {}).items():
            if isinstance(body, dict) and name in body and "discriminator" in self._resolve(child):
                found += self._typed(child, body[name])
        return found

    def _errors(self, schema: dict[str, Any], body: Any) -> list[str]:
        if "$ref" in schema:
            return self._validate(f"urn:api{schema['$ref']}", body)
        rebased = json.loads(json.dumps(schema).replace('"#/', '"urn:api#/'))
        return [_shown(e) for e in Draft202012Validator(rebased, registry=self.registry).iter_errors(body)]

    def _validate(self, ref: str, body: Any) -> list[str]:
        validator = Draft202012Validator({"$ref": ref}, registry=self.registry)
        return [_shown(e) for e in validator.iter_errors(body)]

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value


def _shown(error: jsonschema.ValidationError) -> str:
    return f"{'/'.join(str(p) for p in error.absolute_path)}: {error.message[:200]}"
