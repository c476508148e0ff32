"""One question to Gemini in three spellings, and the clients that ask it.

Every client answers with a ``Response`` or a ``CallFailure``: what it showed, in our words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from contract_records import (
    Outcome,
    Shown,
    cut_short,
    of_api_error,
    of_broken,
    of_gapic,
    of_genai,
    of_genai_error,
    record,
)
from google_clients import genai_client

from llmeval.records import CallFailure, Message, Request

SYSTEM = "Be terse."


def our_request(text: str, streamed: bool) -> Request:
    """Return the question in our words."""
    return Request(
        messages=(Message("system", SYSTEM), Message("user", text)),
        settings={
            "temperature": 0.5,
            "max_tokens": 400,
            "seed": 7,
            "logprobs": True,
            "top_logprobs": 2,
            "thinking_config": {"thinkingBudget": 10, "includeThoughts": True},
            "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        },
        stream=streamed,
    )


def gapic_request(model: str, text: str) -> Any:
    """Return it as the generated client's own type."""
    from google.cloud.aiplatform_v1 import types

    def content(role: str, said: str) -> Any:
        return types.Content(role=role, parts=[types.Part(text=said)])

    thinking = types.GenerationConfig.ThinkingConfig(thinking_budget=10, include_thoughts=True)
    return types.GenerateContentRequest(
        model=model,
        contents=[content("user", text)],
        system_instruction=content("", SYSTEM),
        generation_config=types.GenerationConfig(
            temperature=0.5,
            max_output_tokens=400,
            seed=7,
            response_logprobs=True,
            logprobs=2,
            thinking_config=thinking,
        ),
        safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="OFF")],
    )


def genai_request(model: str, text: str) -> dict[str, Any]:
    """Return it as the arguments of google-genai."""
    return {
        "model": model,
        "contents": text,
        "config": {
            "system_instruction": SYSTEM,
            "temperature": 0.5,
            "max_output_tokens": 400,
            "seed": 7,
            "response_logprobs": True,
            "logprobs": 2,
            "thinking_config": {"thinking_budget": 10, "include_thoughts": True},
            "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        },
    }


class Gapic:
    """The generated client, over REST or gRPC."""

    def __init__(self, client: Any) -> None:
        from google.api_core.exceptions import GoogleAPICallError

        self.errors = GoogleAPICallError
        self._client = client

    def ask(self, model: str, text: str, streamed: bool, timeout: float) -> Outcome:
        """Ask once, without the client's own retries."""
        client, options = self._client, {"retry": None, "timeout": timeout}

        def chunks() -> Iterable[Any]:
            asked = gapic_request(model, text)
            if streamed:
                yield from client.stream_generate_content(asked, **options)
            else:
                yield client.generate_content(asked, **options)

        return heard(chunks(), of_gapic, self.errors, of_api_error)


class Genai:
    """google-genai: its synchronous half, or its asynchronous one."""

    def __init__(self, root: str, *, later: bool) -> None:
        from google.genai.errors import APIError

        self.errors = APIError
        self._client = genai_client(root)
        self._runner = asyncio.Runner()
        self._later = later

    def ask(self, model: str, text: str, streamed: bool, timeout: float) -> Outcome:
        """Ask once."""
        asked = genai_request(model, text)
        asked["config"]["http_options"] = {"timeout": round(1000 * timeout)}
        chunks = self._asynchronous if self._later else self._synchronous
        return heard(chunks(asked, streamed), of_genai, self.errors, of_genai_error)

    def close(self) -> None:
        self._runner.run(self._client.aio.aclose())
        self._runner.close()
        self._client.close()

    def _synchronous(self, asked: dict[str, Any], streamed: bool) -> Iterable[Any]:
        if streamed:
            yield from self._client.models.generate_content_stream(**asked)
        else:
            yield self._client.models.generate_content(**asked)

    def _asynchronous(self, asked: dict[str, Any], streamed: bool) -> Iterable[Any]:
        models = self._client.aio.models
        if not streamed:
            yield self._runner.run(models.generate_content(**asked))
            return
        stream = self._runner.run(models.generate_content_stream(**asked))
        while True:
            try:
                yield self._runner.run(anext(stream))
            except StopAsyncIteration:
                return


def heard(
    chunks: Iterable[Any],
    read: Callable[[Sequence[Any]], Shown],
    refused: type[Exception],
    of_error: Callable[[Any], CallFailure],
) -> Outcome:
    """Return what came of a call, with what had come before it failed."""
    import aiohttp
    import httpx
    import requests
    from google.protobuf.json_format import ParseError

    broken = (requests.RequestException, httpx.HTTPError, aiohttp.ClientError)
    seen: list[Any] = []
    try:
        seen.extend(chunk for chunk in chunks)
    except refused as error:
        failure = of_error(error)
    except (*broken, ParseError, ValueError, OSError) as error:
        failure = of_broken(error, answering=bool(seen))
    else:
        return record(read(seen))
    return cut_short(failure, read(seen) if seen else Shown())
