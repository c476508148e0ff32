from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from record_samples import ANSWER, FAILURE, RUN, SUMMARY, answers

from llmeval.errors import RecordError
from llmeval.records import NotScored, Observation, Score, sample_key
from llmeval.store import RecordWriter, RunDirectory
from llmeval.store.codec import encode_header
from llmeval.store.resume import RecordedSamples, differences


def full(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def record(path: Path, observations: Iterable[Observation]) -> Path:
    with RecordWriter(path, RUN) as writer:
        for observation in observations:
            writer.append(observation)
    return path


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "reports" / "run-1")


def test_a_run_is_found_by_directory_file_and_link(run: RunDirectory) -> None:
    record(run.part(None), answers(2))
    run.point_latest()
    for path in (run.path, run.record, run.path.parent / "latest"):
        found = RunDirectory.open(path)
        assert found.path == run.path.resolve()
        assert found.header() == RUN
        assert [o.case_id for o in found.observations()] == ["q0", "q1"]


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"no run at .*reports/latest"):
        RunDirectory.open(tmp_path / "missing")
    with pytest.raises(RecordError, match="is not a run of llmeval"):
        RunDirectory.open(tmp_path)


def test_a_directory_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RecordError, match=r"cannot write the run directory .*--run-dir=DIR"):
            RunDirectory.create(path)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RecordError, match="No space left"):
        RunDirectory.create(tmp_path / "run")


def test_creating_twice_keeps_what_is_there(run: RunDirectory) -> None:
    record(run.record, answers(1))
    again = RunDirectory.create(run.path)
    assert len(list(again.observations())) == 1
    assert names(run.path) == ["observations.jsonl"]


def test_parts_become_one_record_in_the_order_of_the_plan(run: RunDirectory) -> None:
    samples = list(answers(6))
    record(run.part("gw0"), samples[1::2])
    record(run.part("gw1"), samples[0::2])
    assert len(list(run.observations())) == 6
    run.join(RUN, [sample_key(o) for o in reversed(samples)], {})
    assert list(run.observations()) == samples[::-1]
    assert names(run.path) == ["observations.jsonl"]
    assert run.header() == RUN


def test_samples_outside_of_the_plan_come_last_and_stay(run: RunDirectory) -> None:
    samples = list(answers(4))
    record(run.part("gw0"), samples)
    run.join(RUN, [sample_key(samples[3])], {})
    assert [o.case_id for o in run.observations()] == ["q3", "q0", "q1", "q2"]


def test_findings_of_the_bodies_are_added_and_replace_their_own(run: RunDirectory) -> None:
    record(run.record, [ANSWER, FAILURE])
    found = [Score("body", 0.0), Score("judge", 1.0)]
    for _ in range(2):
        run.join(RUN, [], {sample_key(ANSWER): found, sample_key(FAILURE): []})
    first, second = run.observations()
    assert first == replace(ANSWER, scores=[ANSWER.scores[0], *found])
    assert second == FAILURE


def test_a_sample_measured_twice_is_refused_and_nothing_is_removed(run: RunDirectory) -> None:
    again = replace(ANSWER, case_id="q1", timings=FAILURE.timings)
    record(run.part("gw0"), answers(2))
    record(run.part("gw1"), [again])
    for act in (lambda: run.join(RUN, [], {}), lambda: list(run.observations())):
        with pytest.raises(RecordError, match=r"gw1\.jsonl: line 2 repeats .*demo/hallucination"):
            act()
    assert len(run.parts()) == 2
    record(run.part("gw2"), [])
    same = RunDirectory.create(run.path.parent / "same")
    record(same.record, [ANSWER, ANSWER])
    with pytest.raises(RecordError, match="line 3 repeats"):
        same.join(RUN, [], {})


def test_a_join_that_was_killed_before_its_end_can_be_repeated(run: RunDirectory) -> None:
    samples = list(answers(4))
    part = record(run.part("gw0"), samples)
    left = part.read_bytes()
    found = {sample_key(samples[0]): [Score("body", 1.0)]}
    run.join(RUN, map(sample_key, samples), found)
    part.write_bytes(left)

    assert len(list(run.observations())) == 4
    resumed = RecordedSamples(run)
    first = resumed.get(sample_key(samples[0]))
    assert first is not None and first.scores[-1] == Score("body", 1.0)
    run.join(RUN, map(sample_key, samples), {})
    assert not part.exists()
    assert next(iter(run.observations())).scores[-1] == Score("body", 1.0)


def test_a_sample_measured_anew_beside_a_joined_record_is_refused(run: RunDirectory) -> None:
    record(run.record, [ANSWER])
    record(run.part("gw0"), [replace(ANSWER, attempts=2)])
    with pytest.raises(RecordError, match="measured before"):
        run.join(RUN, [], {})


def test_torn_parts_are_joined_without_their_torn_end(run: RunDirectory) -> None:
    for worker in ("gw0", "gw1"):
        part = record(run.part(worker), answers(2, test=worker))
        part.write_bytes(part.read_bytes() + b'{"suite": "tor')
    run.part("gw2").write_bytes(b"")
    run.part("gw3").write_bytes(encode_header(RUN)[:10])
    run.join(RUN, [], {})
    assert [(o.test, o.case_id) for o in run.observations()] == [
        ("gw0", "q0"),
        ("gw0", "q1"),
        ("gw1", "q0"),
        ("gw1", "q1"),
    ]


def test_the_header_comes_from_a_part_that_has_one(run: RunDirectory) -> None:
    run.part("gw0").write_bytes(b"")
    run.part("gw1").write_bytes(b'{"format_ver')
    with pytest.raises(RecordError, match="line 1 is not the header"):
        run.header()
    record(run.part("gw2"), [])
    assert run.header() == RUN
    record(run.part("gw3"), [])
    assert run.header() == RUN


@pytest.mark.parametrize("damage", [b"{", b"\xff"])
def test_a_damaged_part_stops_the_join_with_its_line(run: RunDirectory, damage: bytes) -> None:
    part = record(run.part("gw0"), answers(1))
    part.write_bytes(part.read_bytes() + damage + b"\n")
    before = part.read_bytes()
    with pytest.raises(RecordError, match=r"observations\.gw0\.jsonl: line 3 is damaged"):
        run.join(RUN, [], {})
    with pytest.raises(RecordError, match="line 3 is damaged"):
        RecordedSamples(run)
    assert part.read_bytes() == before


def test_a_full_disk_during_the_join_keeps_the_parts(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = record(run.part("gw0"), answers(3))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match=r"cannot write .*observations\.jsonl.*No space left"):
        run.join(RUN, [], {})
    assert names(run.path) == [part.name]


def test_a_summary_is_written_and_read(run: RunDirectory) -> None:
    assert run.summary() is None
    assert run.write_summary(SUMMARY) == run.path / "run.json"
    assert run.summary() == SUMMARY


def test_a_summary_that_cannot_be_read_is_named(run: RunDirectory) -> None:
    (run.path / "run.json").write_text("{")
    with pytest.raises(RecordError, match=r"run\.json is not a run\.json"):
        run.summary()
    (run.path / "run.json").unlink()
    (run.path / "run.json").mkdir()
    with pytest.raises(RecordError, match=r"cannot read .*run\.json: Is a directory"):
        run.summary()


def test_files_are_replaced_whole(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    run.write("report.md", "old \ud800")
    assert (run.path / "report.md").read_text() == "old ?"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(RecordError, match=r"cannot write .*report\.md"):
            run.write("report.md", b"new")
    assert names(run.path) == ["report.md"]
    assert (run.path / "report.md").read_text() == "old ?"


@pytest.mark.parametrize("name", ["../x", "a/b", "/tmp/x", "..", ""])
def test_no_file_lies_outside_of_the_run(run: RunDirectory, name: str) -> None:
    with pytest.raises(RecordError):
        run.write(name, "x")
    assert names(run.path.parent) == ["run-1"]


def test_latest_points_to_the_newest(run: RunDirectory) -> None:
    link = run.path.parent / "latest"
    run.point_latest()
    newer = RunDirectory.create(run.path.parent / "run-2")
    newer.point_latest()
    assert link.is_symlink() and link.resolve() == newer.path.resolve()
    assert link.readlink() == Path("run-2")
    assert names(link.parent) == ["latest", "run-1", "run-2"]


def test_a_dangling_latest_is_replaced_a_real_one_left_alone(run: RunDirectory) -> None:
    link = run.path.parent / "latest"
    link.symlink_to("gone")
    run.point_latest()
    assert link.resolve() == run.path.resolve()
    link.unlink()
    real = RunDirectory.create(link)
    run.point_latest()
    real.point_latest()
    assert link.is_dir() and not link.is_symlink()


def test_a_file_system_without_links_costs_only_the_link(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "symlink_to", full)
    run.point_latest()
    assert names(run.path.parent) == ["run-1"]


def test_a_resumed_run_knows_what_was_recorded(run: RunDirectory) -> None:
    record(run.part("gw0"), answers(3))
    record(run.part("gw1"), [FAILURE])
    found = RecordedSamples(run)
    assert len(found) == 3 + (FAILURE.case_id not in {"q0", "q1", "q2"})
    for observation in answers(2):
        assert found.get(sample_key(observation)) == observation
    assert found.get(("demo", "hallucination", "test_grounded", "q9", 0)) is None


def test_runs_that_differ_are_told_apart() -> None:
    suite = RUN.suites[0]
    other = replace(RUN.models[0], ref="openai:x")
    assert differences(RUN, replace(RUN, run_id="b", started_at=0.0, command=["x"])) == []
    for change, words in [
        ({"models": [other]}, "model was demo, now openai:x"),
        (
            {"models": [replace(RUN.models[0], version="2")]},
            "demo is not what it was: version was '1', now '2'",
        ),
        ({"judge": None}, "another judge"),
        ({"seed": 8}, "seed was 7, now 8"),
        ({"settings": {}}, "other generation settings"),
        ({"suites": []}, "hallucination::test_grounded was left out"),
        ({"suites": [suite, replace(suite, test="t")]}, "hallucination::t was added"),
        ({"suites": [replace(suite, cases_hash="d")]}, "cases changed"),
        ({"suites": [replace(suite, prompt_hash="d")]}, "prompt or settings changed"),
        ({"suites": [replace(suite, scorers=[])]}, "scorers changed"),
        ({"suites": [replace(suite, samples=5)]}, r"samples (was 3, now 5) changed"),
    ]:
        (found,) = differences(RUN, replace(RUN, **change))
        assert words in found


def test_a_scorer_that_could_not_judge_is_an_amendment_too(run: RunDirectory) -> None:
    record(run.record, [ANSWER])
    run.join(RUN, [], {sample_key(ANSWER): [NotScored("groundedness", "error", "it raised")]})
    (joined,) = run.observations()
    assert joined.scores == [ANSWER.scores[1], NotScored("groundedness", "error", "it raised")]
