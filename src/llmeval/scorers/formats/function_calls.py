"""Is the answer a call of one of these functions, with arguments that fit? ``function_call``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, get_args

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import clip, each
from llmeval.scorers.formats.answers import MOST_VIOLATIONS, judge_answer
from llmeval.scorers.formats.bounds import Bounds, bounds_of
from llmeval.scorers.formats.call_text import MAX_CALLS_TEXT, Call, Syntax, call_format
from llmeval.scorers.formats.failures import BadRules, Violation

__all__ = ["FunctionCall", "function_call"]

_TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
_NOTHING: Final = {"type": "object", "properties": {}}
_ELSEWHERE: Final = frozenset(("$ref", "allOf", "anyOf", "oneOf"))


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """See ``function_call``. ``tools`` is JSON text: name -> schema of the arguments."""

    tools: str | None
    field: str
    syntax: Syntax
    calls: Bounds
    lenient: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "tools": None if self.tools is None else json.loads(self.tools),
            "field": self.field,
            "syntax": self.syntax,
            "calls": self.calls.plain,
            "lenient": self.lenient,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        from llmeval.scorers.schema_check import BadSchema

        tools: dict[str, Any] | None = None
        try:
            given = sample.case.inputs.get(self.field)
            if self.tools is not None:
                tools = json.loads(self.tools)
            elif given is not None:
                tools = _tools(given)
            return judge_answer(
                self.name,
                call_format(self.syntax),
                sample,
                lambda calls: list(islice(self._violations(calls, tools), MOST_VIOLATIONS)),
                lenient=self.lenient,
                meaning=lambda calls: _meaning(calls, tools),
                limit=MAX_CALLS_TEXT,
            )
        except BadRules as bad:
            reason = f"case {clip(sample.case.id, 80)}: {bad}"
            return NotScored(self.name, "bad_input", reason)
        except BadSchema as bad:
            reason = f"case {clip(sample.case.id, 80)}: the schema of a tool is wrong: {bad}"
            return NotScored(self.name, "bad_schema", clip(reason, 400))

    def _violations(
        self, calls: tuple[Call, ...], tools: dict[str, Any] | None
    ) -> Iterator[Violation]:
        if not self.calls.holds(len(calls)):
            yield Violation("bad_value", "$", f"{len(calls)} calls, not {self.calls}")
        for i, call in enumerate(calls):
            at = f"$[{i}]" if len(calls) > 1 else "$"
            yield from _misfits(call, at, tools)


def function_call(
    tools: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    field: str = "tools",
    syntax: Syntax = "any",
    calls: int | Sequence[int | None] = (1, None),
    lenient: bool = False,
    name: str = "function_call",
) -> FunctionCall:
    """Score whether the answer calls one of ``tools`` with arguments that fit, and nothing else.

    Args:
        tools: Tools as OpenAI, Anthropic or Gemini take them, ``{"name", "parameters"}`` objects,
            or a mapping of names to the JSON Schema of their arguments. Without it
            ``case.inputs[field]``, and without that any call will do.
        field: Name of the case's input that holds the tools.
        syntax: ``python`` (``weather(city="Rome")``, a list of calls, or one a line, with literal
            arguments), ``json`` (``{"name", "arguments"}``, OpenAI's ``tool_calls``), or ``any``.
        calls: How many calls: a number, or ``(least, most)``.
        lenient: Accept the calls inside a markdown code fence.

    Arguments that a schema does not name are ``extra_key`` unless it admits them by
    ``additionalProperties``. Python's arguments without a name are taken in the schema's order.
    Labels and evidence as those of ``json_schema`` (``not_call`` for what is none).
    """
    if syntax not in get_args(Syntax):
        raise SuiteError(f"function_call(syntax={syntax!r}): 'any', 'python' or 'json' is needed")
    try:
        known = None if tools is None else json.dumps(_tools(tools))
        return FunctionCall(known, field, syntax, bounds_of(calls, "calls"), lenient, name)
    except (BadRules, TypeError) as bad:
        raise SuiteError(f"function_call: {bad}") from None


def _tools(given: Any) -> dict[str, Any]:
    """Return name -> schema of the arguments. Raises ``BadRules``."""
    if isinstance(given, Mapping) and "name" not in given and "function" not in given:
        declared = given.get("function_declarations", given.get("functionDeclarations"))
        if declared is None:
            return {str(name): _schema(name, schema) for name, schema in given.items()}
        given = declared
    tools: dict[str, Any] = {}
    for tool in given if isinstance(given, list | tuple) else [given]:
        inner = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
            raise BadRules("a tool is an object with 'name' and 'parameters'")
        schema = inner.get("parameters", inner.get("input_schema"))
        tools[inner["name"]] = _schema(inner["name"], _NOTHING if schema is None else schema)
    if not tools:
        raise BadRules("there is no tool")
    return tools


def _schema(name: Any, schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        raise BadRules(f"the parameters of {name!r} are no JSON Schema")
    try:
        found: dict[str, Any] = _written(schema)
    except RecursionError:
        raise BadRules(f"the parameters of {name!r} are nested too deeply") from None
    listed = "properties" in found and not _ELSEWHERE & found.keys()
    return {"additionalProperties": False, **found} if listed else found


def _written(schema: Any) -> Any:
    """Return a schema as JSON Schema writes it: Gemini's types are in capitals, or ``nullable``."""
    if isinstance(schema, list | tuple):
        return [_written(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {key: _written(value) for key, value in schema.items()}
    kind = found.get("type")
    if isinstance(kind, str) and kind.lower() in _TYPES:
        found["type"] = [kind.lower(), "null"] if found.get("nullable") is True else kind.lower()
    return found


def _misfits(call: Call, at: str, tools: dict[str, Any] | None) -> Iterator[Violation]:
    from llmeval.scorers.schema_check import check

    if tools is None:
        return
    if call.name not in tools:
        known = ", ".join(tools)
        yield Violation("bad_value", f"{at}.name", f"{call.name[:60]!r} is none of {known[:120]}")
        return
    schema = tools[call.name]
    arguments = _named(call, schema)
    violations = check(json.dumps(schema), arguments)
    given = len(call.positional) + len(call.arguments)
    if len(call.positional) > len(_order(schema)) or len(arguments) < given:
        yield Violation("extra_key", f"{at}.arguments", "more arguments than parameters")
        return
    for found in violations:
        path = found.path.removeprefix("$")
        yield Violation(found.kind, f"{at}.arguments{path}", found.message)


def _order(schema: Any) -> list[str]:
    properties = schema.get("properties")
    return list(properties) if isinstance(properties, dict) else []


def _named(call: Call, schema: Any) -> dict[str, Any]:
    return {**dict(zip(_order(schema), call.positional, strict=False)), **call.arguments}


def _meaning(calls: tuple[Call, ...], tools: dict[str, Any] | None) -> Any:
    return [
        [call.name, [], _named(call, tools[call.name])]
        if tools is not None and call.name in tools
        else [call.name, call.positional, call.arguments]
        for call in calls
    ]
