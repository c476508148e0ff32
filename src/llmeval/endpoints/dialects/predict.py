"""What a container of one's own speaks: predict and rawPredict.

The body is a Jinja2 template, the answer a JMESPath; for the common containers both have defaults.
A template sees ``prompt`` (text), ``messages`` (``{"role", "content"}``), ``system`` (text),
``settings`` (a mapping), ``tgi`` (the same by TGI's names), ``stream``, and ``instances``: one such
set for each prompt that goes into the call. Text goes into JSON through ``| tojson``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmeval.endpoints.dialects.dialect import (
    JsonEvents,
    MalformedAnswer,
    settle,
    token_count,
    withheld,
)
from llmeval.endpoints.dialects.prediction import (
    Prediction,
    end_of,
    piece_of,
    prediction_of,
    strings_in,
    tokens_of,
    without_echo,
)
from llmeval.endpoints.dialects.request_template import OURS, RequestTemplate
from llmeval.errors import ConfigError, MissingExtra
from llmeval.records import CallFailure, Request, Response, Usage

__all__ = ["TEMPLATES", "Predict", "Reading"]

TEMPLATES: Mapping[str, str] = {
    "vllm": """{"instances": [{% for i in instances %}{{ dict(
        {"@requestFormat": "chatCompletions", "messages": i.messages}, **i.settings) | tojson
        }}{{ "," if not loop.last }}{% endfor %}]}""",
    "tgi": """{"instances": [{% for i in instances %}{{ {
        "inputs": i.prompt, "parameters": i.tgi} | tojson
        }}{{ "," if not loop.last }}{% endfor %}]}""",
    "custom": """{"instances": [{% for i in instances %}{{ {"prompt": i.prompt} | tojson
        }}{{ "," if not loop.last }}{% endfor %}], "parameters": {{ settings | tojson }}}""",
}
"""Kind of container -> the body that it takes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """JMESPath expressions on a decoded body; ``None`` leaves it to what is known of the common
    containers. ``answer`` yields a text, or a list of texts, one an instance; ``piece`` the text in
    one event of a stream."""

    answer: str | None = None
    finish_reason: str | None = None
    input_tokens: str | None = None
    output_tokens: str | None = None
    piece: str | None = None


class Predict:
    """predict or rawPredict. Raises ``ConfigError`` for a template or an expression that is
    wrong, with ``where`` it stands; ``MissingExtra`` where JMESPath is not installed."""

    def __init__(self, template: str, reading: Reading, where: str = "the endpoint") -> None:
        self._template = RequestTemplate(template, where)
        self._paths = {
            name: _expression(getattr(reading, name), where)
            for name in ("answer", "finish_reason", "input_tokens", "output_tokens", "piece")
        }
        self.takes_many = self._template.takes_many

    def refused(self, settings: Mapping[str, Any]) -> str | None:
        """See ``dialect.Dialect``."""
        for name, remedy in OURS.items():
            if settings.get(name) is not None and not (name == "n" and settings[name] == 1):
                return f"the setting {name}={settings[name]!r} is not sent: {remedy}"
        return None

    def body(self, request: Request) -> Any:
        """See ``dialect.Dialect``."""
        return self.body_of([request])

    def body_of(self, requests: Sequence[Request]) -> Any:
        """Return the body that asks several prompts at once; their settings are the first's.

        Raises ``ValueError`` where the template does not render, or renders no JSON.
        """
        return self._template.render(requests)

    def response(self, body: Any, request: Request | None = None) -> Response | CallFailure:
        """See ``dialect.Dialect``."""
        return self.responses(body, 1, [request] if request else [])[0]

    def responses(
        self, body: Any, count: int, asked: Sequence[Request] = ()
    ) -> list[Response | CallFailure]:
        """Return the answer to each of ``count`` instances; ``asked`` are the requests that went
        out, for containers that repeat the prompt. Raises ``MalformedAnswer``."""
        found, shared = self._read(body, count), _described(body)
        if asked and any(prediction.text.startswith("Prompt:") for prediction in found):
            found = self._unechoed(found, asked)
        return [_settled(prediction, shared) for prediction in found]

    def streamed(self) -> StreamedPrediction:
        """See ``dialect.Dialect``."""
        return StreamedPrediction(
            self._paths["piece"] or piece_of, self._paths["finish_reason"] or end_of
        )

    def _unechoed(self, found: Sequence[Prediction], asked: Sequence[Request]) -> list[Prediction]:
        sent = self.body_of(asked)
        instances = sent.get("instances") if isinstance(sent, dict) else None
        each = instances if isinstance(instances, list) and len(instances) == len(found) else None
        return [
            replace(p, text=without_echo(p.text, strings_in(each[place] if each else sent)))
            for place, p in enumerate(found)
        ]

    def _read(self, body: Any, count: int) -> list[Prediction]:
        path = self._paths["answer"]
        if path is None:
            found = prediction_of(body, count)
        else:
            texts = path(body)
            listed = texts if isinstance(texts, list) else [texts]
            if len(listed) != count or not all(isinstance(text, str) for text in listed):
                raise MalformedAnswer(
                    f"the configured answer path finds {_shape(texts)}, where "
                    f"{'a text' if count == 1 else f'{count} texts'} should be"
                )
            found = [Prediction(text) for text in listed]
        return [self._completed(p, body, place, count) for place, p in enumerate(found)]

    def _completed(self, found: Prediction, body: Any, place: int, count: int) -> Prediction:
        """Take what further expressions find in place of what was known."""

        def at(name: str) -> Any:
            path = self._paths[name]
            value = path(body) if path else None
            return value[place] if isinstance(value, list) and len(value) == count else value

        tokens = found.usage
        if self._paths["input_tokens"] or self._paths["output_tokens"]:
            tokens = Usage(token_count(at("input_tokens")), token_count(at("output_tokens")))
        reason = at("finish_reason")
        return replace(
            found, usage=tokens, reason=reason if isinstance(reason, str) else found.reason
        )


class StreamedPrediction(JsonEvents):
    """Collects the pieces of streamRawPredict. Containers need not say that an answer ends: where
    the connection ends in good order, it has. ``piece`` and ``end`` find the text and the finish
    reason in an event."""

    def __init__(self, piece: Callable[[Any], Any], end: Callable[[Any], Any] = end_of) -> None:
        super().__init__()
        self._piece = piece
        self._end = end
        self._events = 0
        self._placed = False

    @property
    def ends_unsaid(self) -> bool:
        """Whether there was any event: an orderly end ends the answer."""
        return self._events > 0

    def _take(self, event: dict[str, Any]) -> None:
        self._events += 1
        piece = self._piece(event)
        if isinstance(piece, str):
            self.say(piece)
            self._placed = True
        elif piece is not None:
            raise MalformedAnswer(f"the configured piece path finds {_shape(piece)}, no text")
        reason = self._end(event)
        self.finish_reason = reason if isinstance(reason, str) and reason else self.finish_reason
        tokens = tokens_of(event)
        self.usage = self.usage if tokens == Usage() else tokens

    def _whole(self) -> Response | CallFailure:
        if not self._placed and self._events and self.finish_reason is None:
            raise MalformedAnswer(
                "no text is found in the stream's events; name its place as 'piece' (a JMESPath) "
                "in [tool.llmeval.endpoints]"
            )
        return settle(self.text, self.finish_reason or "stop", usage=self.usage)


def _settled(found: Prediction, shared: Mapping[str, Any]) -> Response | CallFailure:
    fields: dict[str, Any] = {"usage": found.usage, "safety": found.safety, **shared}
    fields["logprobs"] = found.logprobs
    if any(rating.get("blocked") for rating in found.safety):
        return withheld("blocked_output", "the answer was withheld", "SAFETY", found.text, fields)
    return settle(found.text, found.reason, **fields)


def _described(body: Any) -> dict[str, Any]:
    """Say which deployed model answered, as predict does."""
    if not isinstance(body, dict):
        return {}
    name, version = body.get("modelDisplayName") or body.get("model"), body.get("modelVersionId")
    deployed = body.get("deployedModelId")
    known = f"{name}@{version}" if isinstance(name, str) and version else name
    return {
        "deployed_model": deployed if isinstance(deployed, str) else None,
        "model_version": known if isinstance(known, str) else None,
    }


def _expression(path: str | None, where: str) -> Callable[[Any], Any] | None:
    if path is None:
        return None
    try:
        import jmespath
    except ModuleNotFoundError:
        raise MissingExtra("A JMESPath in [tool.llmeval.endpoints]", "vertex") from None
    try:
        compiled = jmespath.compile(path)
    except jmespath.exceptions.JMESPathError as error:
        raise ConfigError(f"{where}: {path!r} is no JMESPath: {error}") from None

    def search(body: Any) -> Any:
        try:
            return compiled.search(body)
        except jmespath.exceptions.JMESPathError as error:
            raise MalformedAnswer(f"the path {path!r} does not fit the answer: {error}") from None

    return search


def _shape(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else type(value).__name__
