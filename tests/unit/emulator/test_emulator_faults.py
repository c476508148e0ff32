"""Faults: drawn at their rates, the same every time; read from the command line."""

from __future__ import annotations

from typing import Any

import pytest

from llmeval.emulator.faults import KINDS, Faults, TokenBucket, draw, parse_faults
from llmeval.errors import ConfigError


def test_a_draw_depends_on_seed_and_number_alone() -> None:
    faults = Faults(quota_429=0.3, reset=0.2)
    first = [draw(faults, 1, n) for n in range(200)]
    assert first == [draw(faults, 1, n) for n in range(200)]
    assert first != [draw(faults, 2, n) for n in range(200)]


def test_rates_are_met() -> None:
    faults = Faults(**dict.fromkeys(KINDS, 0.1))
    drawn = [draw(faults, 5, n) for n in range(20_000)]
    for kind in (*KINDS, None):
        assert drawn.count(kind) / 20_000 == pytest.approx(0.1, abs=0.01)
    assert draw(Faults(), 0, 0) is None
    assert not Faults().any
    assert {draw(Faults(hang=1), 0, n) for n in range(500)} == {"hang"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"reset": -0.1}, {"reset": 1.1}, {"reset": float("nan")}, {"reset": 0.6, "hang": 0.6},
        {"delay": -1}, {"delay": float("inf")}, {"retry_after": -1},
        {"requests_per_second": 0}, {"requests_per_second": float("nan")},
    ],
)  # fmt: skip
def test_impossible_faults_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Faults(**wrong)


def test_the_key_does_not_show() -> None:
    assert "hush" not in repr(Faults(api_key="hush"))


def test_faults_as_text() -> None:
    assert parse_faults("quota_429=0.1, retry_after=2,") == {"quota_429": 0.1, "retry_after": 2.0}
    assert parse_faults("") == {}
    with pytest.raises(ConfigError, match="Did you mean 'quota_429'"):
        parse_faults("quota=0.1")
    with pytest.raises(ConfigError, match="is no number"):
        parse_faults("reset")


def test_a_token_bucket() -> None:
    now = 0.0
    bucket = TokenBucket(2.0, lambda: now)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]
