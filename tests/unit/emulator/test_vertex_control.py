"""The control page: what is counted, shown and changed while the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from vertex_asking import CHAT, FLASH, HELLO, PLACE, ask

from llmeval.emulator import Faults, running_emulator

PREDICT = f"{PLACE}/endpoints/1002:predict"


@pytest.fixture
def root() -> Iterator[str]:
    with running_emulator(faults=Faults(retry_after=2, api_key="hush")) as address:
        yield address


def counters(root: str) -> Any:
    return ask(f"{root}/control/counters").body


def test_calls_are_counted_by_route_endpoint_and_outcome(root: str) -> None:
    ask(f"{root}{FLASH}:generateContent", HELLO)
    ask(root + PREDICT, {"instances": [{"prompt": "x"}, {"prompt": "y"}]})
    ask(root + PREDICT, {"instances": []})
    ask(f"{root}{PLACE}/endpoints/1002")
    ask(f"{root}{PLACE}/endpoints/1007/chat/completions", CHAT)
    counted = counters(root)
    assert counted["calls"] == 4 and counted["in_flight"] == 0 and counted["max_in_flight"] == 1
    assert counted["outcomes"] == {"answered": 2, "bad_request": 1, "nothing_deployed": 1}
    assert counted["routes"] == {
        "POST publishers/{publisher}/models/{model}:generateContent": 1,
        "POST endpoints/{endpoint}:predict": 2,
        "GET endpoints/{endpoint}": 1,
        "POST endpoints/{endpoint}/chat/completions": 1,
    }
    assert counted["endpoints"] == {
        "us-central1/publishers/google/models/gemini-2.5-flash": 1,
        "us-central1/endpoints/1002": 2,
        "us-central1/endpoints/1007": 1,
    }


def test_a_reset_starts_over(root: str) -> None:
    ask(root + PREDICT, {"instances": [{"prompt": "x"}]})
    assert ask(f"{root}/control/reset", b"").status == 200
    assert counters(root) == {"calls": 0, "in_flight": 0, "max_in_flight": 0, "outcomes": {}}


def test_connections_are_counted_while_they_are_open(root: str) -> None:
    async def use() -> tuple[Any, Any]:
        async with aiohttp.ClientSession() as session:

            async def once() -> None:
                async with session.post(f"{root}{FLASH}:generateContent", json=HELLO) as answer:
                    await answer.read()

            await asyncio.gather(*(once() for _ in range(4)))
            await once()
            async with session.get(f"{root}/control/counters") as answer:
                inside = await answer.json()
        await asyncio.sleep(0.05)
        return inside, counters(root)

    inside, after = asyncio.run(use())
    assert inside["connections"] == {"open": 4, "opened": 4}
    assert inside["max_in_flight"] == 4
    assert after["connections"] == {"open": 0, "opened": 4}


def test_the_page_shows_it_all_and_escapes_it(root: str) -> None:
    ask(f"{root}{FLASH}:generateContent", HELLO | {"labels": {"x": "<script>alert(1)</script>"}})
    ask(f"{root}{PLACE}/endpoints/<b>:predict", {})
    ask(f"{root}/token", b"grant_type=refresh_token&refresh_token=x")
    got = ask(f"{root}/control")
    assert got.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in got.headers["Content-Security-Policy"]
    assert "<script" not in got.body and "<b>" not in got.body
    assert "x=&lt;script&gt;alert(1)&lt;/script&gt;" in got.body
    assert "us-central1/publishers/google/models/gemini-2.5-flash</td><td>1" in got.body
    assert "tokens issued</td><td>1" in got.body
    assert "hush" not in got.body


def test_the_root_leads_to_the_page(root: str) -> None:
    assert "<title>llmeval emulator</title>" in ask(f"{root}/").body


def test_faults_change_while_the_server_runs(root: str) -> None:
    assert ask(f"{root}/control/faults").body == {"retry_after": 2.0}
    got = ask(f"{root}/control/faults", {"server_500": 1, "requests_per_second": 100})
    assert got.body == {"server_500": 1, "retry_after": 2.0, "requests_per_second": 100}
    assert ask(f"{root}{FLASH}:generateContent", HELLO).status == 500
    got = ask(f"{root}/control/faults", {"spii": 1, "requests_per_second": None})
    assert got.body == {"spii": 1, "retry_after": 2.0}
    answer = ask(f"{root}{FLASH}:generateContent", HELLO).body
    assert answer["candidates"][0]["finishReason"] == "SPII"
    ask(f"{root}/control/faults", {})
    assert ask(f"{root}{FLASH}:generateContent", HELLO).status == 200
    assert "<h2>Faults in force</h2>" in ask(f"{root}/control").body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "must be a JSON object"),
        ([], "must be a JSON object"),
        ({"spi": 1}, "Did you mean 'spii'?"),
        ({"spii": "1"}, "is no number"),
        ({"spii": True}, "is no number"),
        ({"spii": None}, "is no number"),
        ({"delay": None}, "is no number"),
        ({"spii": 2}, "a rate lies in 0..1"),
        ({"spii": 0.6, "reset": 0.6}, "add up to 1.2"),
        ({"api_key": "x"}, "'api_key' is no fault"),
    ],
)
def test_faults_that_cannot_be(root: str, body: Any, said: str) -> None:
    got = ask(f"{root}/control/faults", body)
    assert got.status == 400 and said in got.body["error"]
    assert ask(f"{root}/control/faults").body == {"retry_after": 2.0}


def test_the_openai_surface_knows_nothing_of_the_other(root: str) -> None:
    authorized = {"Authorization": "Bearer hush"}
    got = ask(f"{root}/v1/models", **authorized)
    assert [model["id"] for model in got.body["data"]] == ["demo"]
    assert "x-llmeval-emulator" not in got.headers
    body = CHAT | {"model": "vertex:stable"}
    assert ask(f"{root}/v1/chat/completions", body, **authorized).status == 404
    forced = {"model": "demo", "messages": [{"role": "user", "content": "[[fault:server_500]]"}]}
    assert ask(f"{root}/v1/chat/completions", forced, **authorized).status == 200
    assert "routes" not in counters(root)
