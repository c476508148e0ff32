"""What a run would cost, and which gates it could decide. No call is made.

Takes what pytest takes: every argument that is not listed here goes to
``pytest --collect-only``. Prices come from [tool.llmeval.prices] in pyproject.toml, then from the
list prices of Vertex AI that ship with llmeval.
Exit code 0: the plan can decide every gate that blocks; 3: it cannot, or it is a part of a run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmeval.cli.options import add_json, endpoint_options, positive, settings_here
from llmeval.cli.screen import print_json, say, table
from llmeval.errors import InfrastructureError, LlmevalError, UsageError

if TYPE_CHECKING:
    from llmeval.cli.planning import GatePlan, Plan
    from llmeval.config import Config
    from llmeval.gates import Gate
    from llmeval.records import EndpointIdentity

EXAMPLE = """\
  llmeval plan --model=demo
  llmeval plan suites/format --model=demo --samples=3 --seconds-per-call 1.5
  llmeval plan --model=openai:http://127.0.0.1:8000/v1#name --tokens-per-call 400,150
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``plan`` takes; pytest gets the rest."""
    parser.set_defaults(passes_on=True)
    parser.usage = "llmeval plan [pytest arguments …] --model=REF [options]"
    parser.add_argument("--model", action="append", metavar="REF", help="endpoint to be measured")
    parser.add_argument(
        "--seconds-per-call", type=positive(float), metavar="X", help="how long one call takes"
    )
    parser.add_argument(
        "--tokens-per-call", type=_tokens, metavar="IN,OUT", help="how much one call reads and says"
    )
    add_json(parser)


def _tokens(text: str) -> tuple[int, int]:
    first, comma, second = text.partition(",")
    if not (comma and first.strip().isdecimal() and second.strip().isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r}: write tokens in and out, as 400,150")
    return int(first), int(second)


def run(arguments: argparse.Namespace) -> int:
    """Collect, add up, and say what the gates need."""
    from llmeval.gates import load_gates

    if not arguments.model:
        raise UsageError("name what is to be measured: llmeval plan --model=REF")
    config = settings_here()
    plan = collect_plan([*arguments.rest, *(f"--model={ref}" for ref in arguments.model)])
    gates = load_gates(plan.gates, config.calibrations).gates if plan.gates else ()
    result = _result(plan, gates, config, arguments)
    if arguments.json:
        print_json(result)
    else:
        say("\n".join(_lines(plan, result)))
    blocked = [g for g, p in zip(gates, result["gates"], strict=True) if _stops(g, p)]
    return 3 if blocked or not gates or result["calls"] != result["planned"] else 0


def _stops(gate: Gate, plan: GatePlan) -> bool:
    return gate.severity == "block" and plan.decidable is False


def collect_plan(arguments: Sequence[str]) -> Plan:
    """Let pytest collect; return what it would measure. Raises ``UsageError`` with its words."""
    import msgspec

    from llmeval.cli.planning import Plan

    with tempfile.TemporaryDirectory(prefix="llmeval-plan-") as folder:
        path = Path(folder) / "plan.json"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q"]
        done = subprocess.run(
            [*command, f"--llmeval-plan={path}", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode not in (0, 5):
            raise UsageError(f"pytest could not collect:\n{_said(done.stdout, done.stderr)}")
        try:
            plan = msgspec.json.decode(path.read_bytes(), type=Plan)
        except FileNotFoundError:
            raise InfrastructureError(
                "pytest collected, but llmeval's plugin wrote no plan: is it switched off with -p "
                "no:llmeval? llmeval doctor tells"
            ) from None
        except msgspec.MsgspecError as error:
            raise InfrastructureError(f"the plan cannot be read ({error})") from None
    if not plan.samples:
        raise UsageError("there is nothing to measure here: llmeval init writes the first suites")
    return plan


def _said(out: str, err: str) -> str:
    """The lines in which pytest says what is wrong."""
    lines = [line for line in f"{err}\n{out}".splitlines() if line.strip()]
    telling = [x for x in lines if x.startswith(("E  ", "ERROR: ", "  ")) or " error: " in x]
    return "\n".join((telling or lines)[-15:])


def _result(
    plan: Plan, gates: Sequence[Gate], config: Config, arguments: argparse.Namespace
) -> dict[str, Any]:
    from llmeval.cli.planning import costs, gate_plan, seconds_needed, total
    from llmeval.prices import model_prices

    calls = {ref: plan.samples // len(plan.models) for ref in plan.models}
    seconds = arguments.seconds_per_call or plan.seconds_per_call
    prices = model_prices(_identities(plan.models, config), config.prices)
    amounts = costs(calls, prices, arguments.tokens_per_call)
    return {
        "models": plan.models,
        "calls": plan.samples,
        "planned": sum(suite.planned for suite in plan.suites),
        "judges": plan.judges,
        "judge_calls": plan.judge_calls,
        "seconds": seconds_needed(plan.samples, plan.concurrency, seconds) if seconds else None,
        "cost_usd": total(amounts.values()),
        "cost_by_model": amounts,
        "prices": prices,
        "concurrency": plan.concurrency,
        "suites": plan.suites,
        "gates": [gate_plan(gate, plan.suites) for gate in gates],
    }


def _identities(refs: Sequence[str], config: Config) -> Iterator[EndpointIdentity]:
    """Yield who answers, as far as that is known before an endpoint is asked."""
    from llmeval.endpoints import resolve
    from llmeval.records import EndpointIdentity

    for ref in refs:
        try:
            found = resolve(ref, options=endpoint_options(config)).identity
        except LlmevalError:
            found = EndpointIdentity(ref, "unknown", ref)
        # The table goes by what was written, not by what the endpoint calls itself.
        yield EndpointIdentity(ref, found.kind, found.name, details=found.details)


def _lines(plan: Plan, result: dict[str, Any]) -> Iterator[str]:
    from llmeval.report.costs import price_note
    from llmeval.report.numbers import duration, money

    rows = [("suite", "test", "cases", "samples", "calls", "scorers")]
    rows += [
        (s.suite, s.test, f"{s.cases:,}", str(s.samples), f"{s.planned:,}",
         ", ".join(x.name for x in s.scorers) or "timings")
        for s in plan.suites
    ]  # fmt: skip
    yield from table(rows, right=(2, 3, 4))
    yield ""
    if result["planned"] != result["calls"]:
        yield f"{result['calls']:,} of {result['planned']:,} calls are selected: a partial run"
    seconds = result["seconds"]
    took = duration(seconds) if seconds else "unknown (give --seconds-per-call)"
    yield f"calls  {result['calls']:,} on {', '.join(plan.models)}, {plan.concurrency} at once"
    if plan.judge_calls:
        yield f"judge  {plan.judge_calls:,} calls on {', '.join(plan.judges)}, not in time and cost"
    yield f"time   {took}"
    cost = result["cost_usd"]
    why = "unknown (give --tokens-per-call and [tool.llmeval.prices])"
    yield f"cost   {why if cost is None else money(cost)}"
    yield f"       {price_note(plan.models, result['prices'])}"
    yield ""
    yield from _gate_lines(result["gates"])


def _gate_lines(gates: Sequence[GatePlan]) -> Iterator[str]:
    if not gates:
        yield "no gates: the verdict would be NONE, which is not PASS"
        return
    rows = [("gate", "cases", "at least", "likely", "decidable", "")]
    for gate in gates:
        known = {True: "yes", False: "NO", None: "depends"}[gate.decidable]
        least = "–" if gate.least is None else f"{gate.least:,}"
        likely = "–" if gate.likely is None else f"{gate.likely:,}"
        rows.append((gate.id, f"{gate.available:,}", least, likely, known, gate.note))
    yield from table(rows, right=(1, 2, 3))
    yield ""
    yield "at least: independent cases that decide the gate if none is flawed; likely: those with"
    yield "which it passes in 80 % of runs if flaws are a quarter as frequent as it allows."
