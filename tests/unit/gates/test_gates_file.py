"""gates.toml: what is read, and what each mistake is told."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from gate_building import gate, suite_info

from llmeval.errors import GatesError
from llmeval.gates import check_metrics, gates_hash, load_gates, parse_metric

GOOD = """
[[gate]]
id = "a.b"
metric = "s.sc.pass_rate"
at_least = 0.95
for_each = "language"
severity = "warn"
failures = "exclude"
max_failure_rate = 0.02
confidence = 0.9
rationale = "why"
owner = "me"

[[gate]]
id = "c"
metric = "s.ttft.p99.9"
at_most = 2

[[waiver]]
gate = "c"
until = 2027-01-31
reason = "known"
approved_by = "boss"
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "gates.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_file_is_read_whole(tmp_path):
    path = written(tmp_path, GOOD)
    found = load_gates(path)
    first, second = found.gates
    assert (first.direction, first.threshold, first.confidence) == ("at_least", 0.95, 0.9)
    assert (first.for_each, first.severity, first.failures) == ("language", "warn", "exclude")
    assert (first.max_failure_rate, first.rationale, first.owner) == (0.02, "why", "me")
    assert (second.confidence, second.for_each, second.severity) == (0.95, None, "block")
    assert second.threshold == 2.0 and isinstance(second.threshold, float)
    assert found.waivers[0].until == date(2027, 1, 31)
    assert found.hash == gates_hash(path) == hashlib.sha256(GOOD.encode()).hexdigest()


def test_the_shipped_gates_are_read():
    assert len(load_gates(Path(__file__).parents[3] / "gates.toml").gates) >= 5


def test_an_empty_file_holds_no_gate(tmp_path):
    assert load_gates(written(tmp_path, "")).gates == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("at_least = 0.95", "at_lest = 0.95", r"gate 'a.b': unknown key 'at_lest'.*'at_least'"),
        ("at_least = 0.95", "", "exactly one of at_least.*found none"),
        ("at_least = 0.95", "at_least = 0.95\nat_most = 1", "found at_least, at_most"),
        ("at_least = 0.95", "at_least = 95", "between 0 and 1"),
        ("at_least = 0.95", "at_least = 1", "no number of samples can prove"),
        ("at_least = 0.95", "at_least = 0", "no run can miss"),
        ("at_least = 0.95", "at_most = 1", "no run can miss"),
        ("at_least = 0.95", "at_least = nan", "finite number"),
        ("at_least = 0.95", "at_least = true", "finite number"),
        ("at_least = 0.95", 'at_least = "0.9"', "finite number"),
        ("at_least = 0.95", "no_worse_than_baseline = 0", "margin must lie above 0"),
        ("at_most = 2", "no_worse_than_baseline = 0.1", "not percentiles"),
        ("at_most = 2", "at_most = 0", "seconds must be above 0"),
        ("s.sc.pass_rate", "s.sc.pas_rate", "unknown statistic 'pas_rate'.*'pass_rate'"),
        ("s.sc.pass_rate", "pass_rate", "not of the form"),
        ("s.ttft.p99.9", "s.ttft.mean", "percentiles only"),
        ('metric = "s.sc.pass_rate"', "", "'metric' is missing"),
        ('id = "a.b"', "", "gate number 1: 'id' is missing"),
        ('id = "a.b"', 'id = ""', "not empty"),
        ('id = "a.b"', "id = 3", "text in quotes"),
        ('id = "a.b"', 'id = "c"', "gate 'c': two gates have this id"),
        ("confidence = 0.9", "confidence = 0.5", "above 0.5"),
        ("confidence = 0.9", "confidence = 95", "above 0.5"),
        ("max_failure_rate = 0.02", "max_failure_rate = 2", "0 … 1"),
        ('severity = "warn"', 'severity = "warm"', "'block' or 'warn'.*Did you mean 'warn'"),
        ('failures = "exclude"', 'failures = "drop"', "'count' or 'exclude'"),
        ("2027-01-31", '"2027-01-31"', "must be a date"),
        ("2027-01-31", "2027-01-31T00:00:00", "must be a date"),
        ('gate = "c"', 'gate = "d"', "there is no gate 'd'"),
        ('reason = "known"', "", "'reason' is missing"),
        ("[[waiver]]", "[[waver]]", "unknown key 'waver'.*'waiver'"),
        ("[[waiver]]", "[waiver]", r"\[\[waiver\]\]"),
        ("[[gate]]\nid", "[[gate]\nid", "not valid TOML.*line 2"),
    ],
)
def test_mistakes_are_named(tmp_path, old, new, told):
    assert old in GOOD
    with pytest.raises(GatesError, match=told) as caught:
        load_gates(written(tmp_path, GOOD.replace(old, new, 1)))
    assert "gates.toml" in str(caught.value) and caught.value.exit_code == 2


def test_value_percentiles_have_their_own_limits(tmp_path):
    text = '[[gate]]\nid = "q"\nmetric = "s.sc.p5"\nat_least = 1.0\n'
    assert load_gates(written(tmp_path, text)).gates[0].threshold == 1
    with pytest.raises(GatesError, match="every score satisfies"):
        load_gates(written(tmp_path, text.replace("1.0", "0")))


def test_all_problems_are_told_up_to_ten(tmp_path):
    text = "".join(f'[[gate]]\nid = "g{i}"\nmetric = "s.x.y"\n' for i in range(12))
    with pytest.raises(GatesError) as caught:
        load_gates(written(tmp_path, text))
    lines = str(caught.value).splitlines()
    assert len(lines) == 11 and "g0" in lines[0] and lines[-1].endswith("14 more problems")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(GatesError, match="no such file"):
        load_gates(tmp_path / "none.toml")
    with pytest.raises(GatesError, match="cannot be read"):
        load_gates(tmp_path)
    with pytest.raises(GatesError, match=":3: not UTF-8"):
        load_gates(written(tmp_path, b"\n# a\n# \xff\n"))
    with pytest.raises(GatesError, match="not valid TOML"):
        load_gates(written(tmp_path, "a = " + "[" * 100_000))
    with pytest.raises(GatesError, match="not of the form"):
        load_gates(written(tmp_path, '[[gate]]\nid = "\\u0007"\nmetric = "' + "x" * 100_000 + '"'))


def test_metrics_are_taken_apart():
    found = parse_metric("my.suite.ttft.p99.9")
    assert (found.suite, found.scorer, found.kind) == ("my.suite", "ttft", "timing")
    assert found.quantile == pytest.approx(0.999)
    assert parse_metric("s.sc.pass_hat_3").k == 3 and parse_metric("s.sc.pass_hat_k").k == 0
    assert parse_metric("s.sc.any_rate_25").k == 25 and parse_metric("s.sc.any_rate").k == 0
    assert parse_metric("s.error_rate").kind == "errors"
    rising = ("pass_rate", "mean", "p50", "pass_hat_k", "agreement")
    assert all(parse_metric(f"s.sc.{word}").rising for word in rising)
    falling = ("rate", "max_mean", "any_rate", "any_rate_3")
    assert not any(parse_metric(f"s.sc.{word}").rising for word in falling)
    for word in ("p0", "p100", "p", "pass_hat_0", "median", "any_rate_0", "any_rate_k"):
        with pytest.raises(GatesError, match="unknown statistic"):
            parse_metric(f"s.sc.{word}")


def test_metrics_are_checked_before_any_call():
    suites = [suite_info(10), suite_info(10, suite="toxicity", scorer="detoxify")]
    check_metrics([gate(), gate("s.ttft.p95"), gate("toxicity.error_rate")], suites)
    with pytest.raises(GatesError) as caught:
        wrong = [gate("toxcity.detoxify.rate"), gate("toxicity.detoxfy.rate"), gate("s.sc.men")]
        check_metrics([*wrong, gate("zzz.sc.mean"), gate("s.q.mean")], suites)
    told = str(caught.value).splitlines()
    assert "Did you mean 'toxicity'?" in told[0] and "Did you mean 'detoxify'?" in told[1]
    assert "Did you mean 'mean'?" in told[2]
    assert "Known suites: s, toxicity" in told[3] and "Known scorers: sc" in told[4]
