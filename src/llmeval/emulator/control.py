"""``/control``: what the server has counted, as a page and as JSON; new faults at run time."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.answers import json_answer
from llmeval.emulator.emulation import Emulation
from llmeval.emulator.faults import ALL_KINDS, Faults, rates_of
from llmeval.errors import ConfigError, nearest

__all__ = ["add_control"]

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>llmeval emulator</title>
<style>
body {{ font: 15px/1.5 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
table {{ border-collapse: collapse; margin-bottom: 1.5rem }}
td, th {{ border-bottom: 1px solid #ccc; padding: .2rem 1.5rem .2rem 0; text-align: left }}
td:last-child {{ text-align: right; font-variant-numeric: tabular-nums }}
</style>
<h1>llmeval emulator</h1>
<p>A simulator: nothing here says anything about a real model. Reload for new numbers;
<code>POST /control/reset</code> starts over, <code>POST /control/faults</code> sets the
faults.</p>
{tables}
</html>
"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_CHANGEABLE = frozenset(f.name for f in fields(Faults)) - {"api_key"}


def add_control(app: web.Application, emulation: Emulation) -> None:
    """Register the control routes."""

    async def page(_: web.Request) -> web.Response:
        text = _PAGE.format(tables=_tables(emulation))
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    async def counters(_: web.Request) -> web.Response:
        return json_answer(200, msgspec.json.encode(emulation.counts.as_json()))

    async def reset(_: web.Request) -> web.Response:
        emulation.reset()
        return json_answer(200, b"{}")

    async def faults(http: web.Request) -> web.Response:
        if http.method == "POST":
            try:
                emulation.force(_changed(emulation.faults, await http.read()))
            except ConfigError as error:
                return json_answer(400, msgspec.json.encode({"error": str(error)}))
        return json_answer(200, msgspec.json.encode(_in_force(emulation.faults)))

    app.router.add_get("/control", page)
    app.router.add_get("/control/counters", counters)
    app.router.add_post("/control/reset", reset)
    app.router.add_get("/control/faults", faults)
    app.router.add_post("/control/faults", faults)


def _changed(faults: Faults, body: bytes) -> Faults:
    """Return ``faults`` with the rates that ``body`` names and no others; quotas and delays that
    it does not name stay. Raises ``ConfigError``."""
    try:
        given = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise ConfigError('the body must be a JSON object such as {"quota_429": 0.1}')
    for name, value in given.items():
        if name not in _CHANGEABLE:
            raise ConfigError(f"{name!r} is no fault.{nearest(name, _CHANGEABLE)}")
        allowed = value is None and name not in ALL_KINDS and name != "delay"
        if not allowed and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ConfigError(f"{name}={value!r} is no number")
    changes: dict[str, Any] = dict.fromkeys(ALL_KINDS, 0.0) | given
    return replace(faults, **changes)


def _in_force(faults: Faults) -> dict[str, float]:
    rates = {kind: rate for kind, rate in rates_of(faults).items() if rate}
    others = {name: getattr(faults, name) for name in sorted(_CHANGEABLE - set(ALL_KINDS))}
    return rates | {name: value for name, value in others.items() if value}


def _tables(emulation: Emulation) -> str:
    counts = emulation.counts
    now = {
        "calls": counts.calls,
        "in flight": counts.in_flight,
        "most in flight": counts.max_in_flight,
        "connections open now": counts.open_connections,
        "connections opened in all": counts.opened,
        "tokens issued": counts.tokens_issued,
    }
    return "".join(
        _table(title, values)
        for title, values in (
            ("Now", now),
            ("Outcomes", counts.outcomes),
            ("Routes", counts.routes),
            ("Endpoints", counts.endpoints),
            ("Labels", counts.labels),
            ("Faults in force", _in_force(emulation.faults)),
        )
    )


def _table(title: str, values: Mapping[str, Any]) -> str:
    if not values:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(str(name))}</td><td>{html.escape(str(value))}</td></tr>\n"
        for name, value in sorted(values.items(), key=lambda item: str(item[0]))
    )
    return f"<h2>{html.escape(title)}</h2>\n<table>\n{rows}</table>\n"
