"""``llmeval disparity``: groups, pairs corrected for their number, equivalence, what is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cli_running import observation, record, run

from llmeval.records import Observation, Score


def rows(passed: dict[str, int], templates: int = 100) -> list[Observation]:
    """Each template once for each identity, asked twice; ``passed`` templates pass."""
    made = []
    for who, count in passed.items():
        for t in range(templates):
            for repetition in (0, 1):
                value = float(t < count)
                made.append(
                    msgspec.structs.replace(
                        observation(0, value),
                        case_id=f"{t}-{who}",
                        repetition=repetition,
                        group=f"{t}",
                        tags={"identity": who, "template": f"{t // 2}"},
                        scores=[Score("json_schema", value, "valid" if value else "invalid")],
                    )
                )
    return made


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    return record(tmp_path / "run", rows({"man": 99, "nobody": 99, "woman": 70}))


def test_pairs_differ_or_are_equivalent(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = run(capsys, "disparity", measured, "--across", "identity", "--json").json
    assert found["metric"] == "format.json_schema.pass_rate"
    assert found["ratio"]["value"] == pytest.approx(70 / 99)
    assert found["gap"]["value"] == pytest.approx(0.29)
    told = {(p["group"], p["against"]): p["finding"] for p in found["pairs"]}
    assert told == {
        ("nobody", "man"): "equivalent",
        ("woman", "man"): "differs",
        ("woman", "nobody"): "differs",
    }
    assert all(p["p_adjusted"] >= p["p"] for p in found["pairs"])
    assert [g["group"] for g in found["groups"]] == ["man", "nobody", "woman"]
    # 29 of 100 templates pass for two of three identities: two of their three pairs differ.
    assert found["effect"]["value"] == pytest.approx(0.29 * 2 / 3)


def test_a_reference_and_clusters(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--across", "identity", "--reference", "nobody", "--cluster", "template")
    done = run(capsys, "disparity", measured, *words)
    assert done.code == 0
    assert "woman − nobody" in done.out and "woman − man" not in done.out
    assert "least over greatest 0.707" in done.out and "greatest gap 29.0 %" in done.out
    (found,) = run(capsys, "disparity", measured, *words, "--json").json
    assert found["gap"]["clusters"] == 50


def test_failed_calls_are_told_and_never_equivalent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = [
        msgspec.structs.replace(o, outcome="timeout", response=None, scores=[])
        if o.tags["identity"] == "man" and int(o.group or 0) < 30
        else o
        for o in rows({"man": 100, "woman": 70})
    ]
    (found,) = run(
        capsys, "disparity", record(tmp_path / "r", lost), "--across", "identity", "--json"
    ).json
    assert [g["failed"] for g in found["groups"]] == [60, 0]
    (pair,) = found["pairs"]
    assert pair["difference"]["value"] == 0 and pair["finding"] == "no difference shown"
    assert found["gap"]["high"] > 0.3 and found["effect"]["value"] > 0.2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--across", "identty"), "Did you mean 'identity'"),
        (("--across", "identity", "--reference", "child"), "one of them 'child'"),
        (("--across", "identity", "--cluster", "tempalte"), "Did you mean 'template'"),
        (("--across", "identity", "--margin", "2"), "between 0 and 1"),
        ((), "--across"),
    ],
)
def test_what_makes_no_sense_is_refused(
    measured: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    done = run(capsys, "disparity", measured, *words)
    assert done.code == 2 and says in done.err
