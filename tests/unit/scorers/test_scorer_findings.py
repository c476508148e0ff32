from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.errors import SuiteError
from llmeval.records import Case
from llmeval.scorers.findings import (
    Missing,
    check_share,
    clip,
    expected_of,
    field_of,
    rescale,
    texts_of,
)


@given(st.floats(0, 1), st.floats(0, 1))
def test_rescale_passes_exactly_from_the_threshold_on(value: float, threshold: float) -> None:
    scaled = rescale(value, threshold)
    assert 0 <= scaled <= 1
    assert (scaled >= 0.5) == (value >= threshold)


@pytest.mark.parametrize(
    ("value", "threshold", "scaled"),
    [
        (0.8, 0.8, 0.5),
        (1, 0.8, 1),
        (0, 0.8, 0),
        (0.4, 0.8, 0.25),
        (1, 1, 1),
        (0, 0, 0.5),
        (7, 0.5, 1),
    ],
)
def test_rescale_is_piecewise_linear(value: float, threshold: float, scaled: float) -> None:
    assert rescale(value, threshold) == pytest.approx(scaled)


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_clipped_text_can_be_encoded(text: str) -> None:
    clipped = clip(text, 100)
    clipped.encode()
    assert len(clipped) <= 100
    assert not any(ord(c) < 32 and c not in "\n\t" for c in clipped)


def test_a_missing_input_names_the_field_and_what_is_there() -> None:
    with pytest.raises(Missing, match=r"inputs\['context'\] is needed and absent \(it has: q\)"):
        field_of(Case("c", {"q": "?"}), "context")
    with pytest.raises(Missing, match="it has: none"):
        field_of(Case("c", {}), "context")


def test_expected_comes_from_the_case_a_key_of_it_or_an_input() -> None:
    case = Case("c", {"x": 1}, {"a": 2})
    assert expected_of(case, "a") == 2
    assert expected_of(case, "x") == 1
    assert expected_of(case) == {"a": 2}
    with pytest.raises(Missing, match="'expected' is needed"):
        expected_of(Case("c", {}))


def test_expected_texts() -> None:
    assert texts_of(True) == ["true"]
    assert texts_of([1, "b"]) == ["1", "b"]
    with pytest.raises(Missing, match="empty"):
        texts_of([])


@pytest.mark.parametrize("value", [-0.1, 1.1, True, "0.5", None, float("nan")])
def test_a_share_is_a_number_from_0_to_1(value: object) -> None:
    with pytest.raises(SuiteError, match="from 0 to 1"):
        check_share("s", "threshold", value)  # type: ignore[arg-type]
