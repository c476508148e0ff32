"""``llmeval compare``: differences with intervals, cases that flipped, what cannot be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli_running import observation, record, run

from llmeval.cli.recorded import decide
from llmeval.records import CallFailure, Observation, RunInfo, Timings
from llmeval.store import RunDirectory

Capture = pytest.CaptureFixture[str]


def whole(path: Path, rows: list[Observation], **header: Any) -> Path:
    """A run that came to its end; ``header`` changes what its header says."""
    record(path, rows)
    directory = RunDirectory.open(path)
    if header:
        directory.join(msgspec.structs.replace(directory.header(), **header), [], {})
    summary = decide(directory, None)
    directory.write_summary(msgspec.structs.replace(summary, partial=[]))
    return path


def answers(bad: set[int], n: int = 60, **changes: Any) -> list[Observation]:
    made = (observation(i, 0.0 if i in bad else 1.0) for i in range(n))
    return [msgspec.structs.replace(o, **changes) for o in made]


def failed(o: Observation) -> Observation:
    failure = CallFailure("timeout", "too slow")
    return msgspec.structs.replace(o, outcome="timeout", response=None, error=failure, scores=[])


def suites_of(path: Path, **changes: Any) -> list[Any]:
    suite = RunDirectory.open(path).header().suites[0]
    return [msgspec.structs.replace(suite, **changes)]


def test_a_worse_run_is_said_to_be_worse(tmp_path: Path, capsys: Capture) -> None:
    base = whole(tmp_path / "base", answers({0}))
    new = whole(tmp_path / "new", answers(set(range(1, 16))), run_id="run-2")
    found = run(capsys, "compare", base, new, "--json").json
    assert (found["base"], found["run"], found["notes"]) == ("run-1", "run-2", [])
    rate, errors = found["contrasts"]
    assert rate["metric"] == "format.json_schema.pass_rate" and rate["finding"] == "worse"
    assert rate["difference"]["value"] == pytest.approx(-14 / 60)
    assert rate["difference"]["low"] < -14 / 60 < rate["difference"]["high"] < 0
    assert rate["p_adjusted"] == pytest.approx(2 * rate["p"]) and rate["p_adjusted"] < 0.01
    assert errors["finding"] == "no difference shown" and errors["p_adjusted"] == 1
    # 15 cases got worse and one got better: the worst come first, and all 16 fit.
    assert found["flipped"] == len(found["flips"]) == 16
    assert [f["run"] - f["base"] for f in found["flips"]] == [-1.0] * 15 + [1.0]
    assert found["flips"][-1]["case_id"] == "c0" and found["flips"][0]["test"] == "test_json"
    done = run(capsys, "compare", base, new)
    assert done.code == 0 and "worse" in done.out
    assert "format.json_schema test_json[c1]: passed 100% of its samples, now 0%" in done.out
    back = run(capsys, "compare", new, base, "--json").json
    assert back["contrasts"][0]["finding"] == "better"


def test_no_more_than_twenty_cases_are_listed(tmp_path: Path, capsys: Capture) -> None:
    base = whole(tmp_path / "base", answers(set()))
    found = run(capsys, "compare", base, whole(tmp_path / "new", answers(set(range(30)))), "--json")
    assert found.json["flipped"] == 30 and len(found.json["flips"]) == 20


def test_equal_runs_show_no_difference(tmp_path: Path, capsys: Capture) -> None:
    base = whole(tmp_path / "base", answers({1}))
    found = run(capsys, "compare", base, base, "--json").json
    assert {c["finding"] for c in found["contrasts"]} == {"no difference shown"}
    assert found["flips"] == [] and found["contrasts"][0]["difference"]["low"] < 0


def test_an_outage_then_does_not_flatter_the_run_now(tmp_path: Path, capsys: Capture) -> None:
    rows = answers(set())
    base = whole(tmp_path / "base", [failed(o) if i < 30 else o for i, o in enumerate(rows)])
    rate, errors = run(capsys, "compare", base, whole(tmp_path / "r", rows), "--json").json[
        "contrasts"
    ]
    assert rate["difference"]["n"] == 30 and rate["finding"] == "no difference shown"
    assert errors["difference"]["value"] == -0.5 and errors["finding"] == "better"


def test_latency_of_timed_suites(tmp_path: Path, capsys: Capture) -> None:
    def timed(path: Path, seconds: float) -> Path:
        rows = [
            msgspec.structs.replace(o, timings=Timings(latency=seconds + i / 1000, ttft=0.1))
            for i, o in enumerate(answers(set(), 200))
        ]
        record(path, rows)
        suites = suites_of(path, timed=True)
        return whole(path.with_name(path.name + "-timed"), rows, suites=suites)

    base, slow = timed(tmp_path / "a", 0.2), timed(tmp_path / "b", 0.6)
    found = run(capsys, "compare", base, slow, "--json").json["contrasts"]
    by_name = {c["metric"].removeprefix("format."): c for c in found}
    median = by_name["e2e.p50"]
    assert median["difference"]["value"] == pytest.approx(0.4) and median["finding"] == "worse"
    assert 0 < median["difference"]["low"] < 0.4 < median["difference"]["high"]
    assert by_name["ttft.p95"]["finding"] == "no difference shown"
    assert "+0.4 s" in run(capsys, "compare", base, slow).out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cases_hash": "9" * 64}, "format::test_json: cases changed"),
        ({"prompt_hash": "9" * 64}, "prompt or settings changed"),
        ({"suite": "other"}, "suite 'format' is only in BASE"),
        ({"scorers": []}, "scorer 'json_schema' changed"),
    ],
)
def test_what_is_not_alike_is_refused_unless_forced(
    changes: dict[str, Any], told: str, tmp_path: Path, capsys: Capture
) -> None:
    base = whole(tmp_path / "base", answers(set()))
    new = whole(tmp_path / "new", answers({1}), suites=suites_of(base, **changes))
    done = run(capsys, "compare", base, new)
    assert done.code == 2 and told in done.err and "--force" in done.err and done.out == ""
    forced = run(capsys, "compare", base, new, "--force")
    assert forced.code == 0 and "not comparable, compared by case id" in forced.out
    assert told in forced.out


def test_a_partial_run_is_refused_unless_forced(tmp_path: Path, capsys: Capture) -> None:
    base = whole(tmp_path / "base", answers(set()))
    new = whole(tmp_path / "new", answers(set(), 40), suites=suites_of(base))
    done = run(capsys, "compare", base, new)
    assert done.code == 2 and "RUN: its record holds 40 of 60" in done.err
    forced = run(capsys, "compare", base, new, "--force", "--json").json
    assert forced["contrasts"][0]["difference"]["n"] == 40 and forced["notes"]


def several(path: Path, *models: str) -> Path:
    rows = [o for m in models for o in answers({1} if m == "x" else set(), 30, model=m)]
    header: RunInfo = RunDirectory.open(record(path, rows)).header()
    named = [msgspec.structs.replace(header.models[0], ref=m) for m in models]
    suites = suites_of(path, cases=30, planned=len(rows))
    return whole(path.with_name(path.name + "-whole"), rows, models=named, suites=suites)


def test_models_pair_by_name_or_as_the_only_two(tmp_path: Path, capsys: Capture) -> None:
    one, other = several(tmp_path / "a", "x"), several(tmp_path / "b", "y")
    assert run(capsys, "compare", one, other).code == 0
    both, all_three = several(tmp_path / "c", "x", "y"), several(tmp_path / "d", "x", "y", "z")
    done = run(capsys, "compare", both, all_three)
    assert done.code == 0 and "pass_rate on x" in done.out and "on z" not in done.out
    none = run(capsys, "compare", several(tmp_path / "e", "p", "q"), both)
    assert none.code == 2 and "no model is in both: p, q there, x, y here" in none.err


def test_nothing_in_common_and_no_run(tmp_path: Path, capsys: Capture) -> None:
    base = whole(tmp_path / "base", answers(set()))
    rows = answers(set(), suite="other")
    new = whole(tmp_path / "new", rows, suites=suites_of(base, suite="other"))
    done = run(capsys, "compare", base, new, "--force")
    assert done.code == 2 and "no metric in common" in done.err
    assert run(capsys, "compare", base, tmp_path / "nowhere").code == 4


def test_a_terminal_is_never_obeyed(tmp_path: Path, capsys: Capture) -> None:
    rows, bad = answers(set()), answers({1})
    hostile = [msgspec.structs.replace(o, case_id=f"\x1b[2J{o.case_id}\u202e") for o in rows]
    worse = [msgspec.structs.replace(o, case_id=f"\x1b[2J{o.case_id}\u202e") for o in bad]
    done = run(capsys, "compare", whole(tmp_path / "a", hostile), whole(tmp_path / "b", worse))
    assert done.code == 0 and "\x1b" not in done.out and "\u202e" not in done.out
