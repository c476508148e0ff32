"""Scorer error, repeated answers and agreement, against published values."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from llmeval.errors import UsageError
from llmeval.stats import Estimate, correct, estimate, krippendorff_alpha, pass_at_k, pass_hat_k


def lang_reiczigel(p: float, n: int, se: float, m: int, sp: float, k: int) -> tuple[float, float]:
    """Equations 4, 6, 7, 16 and 17 of Lang and Reiczigel (2014), written a second time."""
    z = 1.959963984540054
    ap, an = (n * p + z**2 / 2) / (n + z**2), n + z**2
    s, t = (m * se + 1) / (m + 2), (k * sp + 1) / (k + 2)
    prev = (ap + t - 1) / (s + t - 1)
    shift = 2 * z**2 * (prev * s * (1 - s) / (m + 2) - (1 - prev) * t * (1 - t) / (k + 2))
    var = ap * (1 - ap) / an + prev**2 * s * (1 - s) / (m + 2)
    var = (var + (1 - prev) ** 2 * t * (1 - t) / (k + 2)) / (s + t - 1) ** 2
    return prev + shift - z * math.sqrt(var), prev + shift + z * math.sqrt(var)


def test_the_corrected_rate_is_rogan_and_gladens() -> None:
    # 23 of 150 positive, sensitivity 96 %, specificity 89 %: 5.1 in 100 (epiR, help of epi.prev)
    found = correct((23, 150), (960, 1000), (890, 1000))
    assert found.value == pytest.approx(0.051, abs=5e-4)
    assert (found.n, found.clusters, found.method) == (150, 150, "Lang-Reiczigel")
    # 6 of 151, 96.4 %, 92.7 %: below what false positives alone explain, so 0 (the same source)
    assert correct((6, 151), (964, 1000), (927, 1000)).value == 0


def test_its_interval_is_lang_and_reiczigels() -> None:
    found = correct((60, 200), (45, 50), (85, 100))
    low, high = lang_reiczigel(0.3, 200, 0.9, 50, 0.85, 100)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    lower = correct((60, 200), (45, 50), (85, 100), confidence=0.975, sides="lower")
    assert (lower.low, lower.high) == (pytest.approx(low), 1.0)
    upper = correct((60, 200), (45, 50), (85, 100), confidence=0.975, sides="upper")
    assert (upper.low, upper.high) == (0.0, pytest.approx(high))


def test_clusters_count_and_estimates_are_taken() -> None:
    values = [1.0] * 30 + [0.0] * 70
    whole = correct(estimate(values), (45, 50), (95, 100))
    assert whole == correct((30, 100), (45, 50), (95, 100))
    few = correct(estimate(values, clusters=[i // 5 for i in range(100)]), (45, 50), (95, 100))
    assert few.n == 100 and few.clusters == 20
    assert few.high - few.low > whole.high - whole.low
    assert correct((30, 100), estimate([1.0] * 45 + [0.0] * 5), (95, 100)) == whole


def test_few_labels_leave_doubt() -> None:
    found = correct((0, 100), (3, 3), (3, 3))
    assert found.value == 0 and found.low == 0 and found.high > estimate([0.0] * 100).high
    assert correct((5, 10), (2, 3), (1, 2)).low == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (((1, 10), (5, 10), (5, 10)), "good samples as often as bad"),
        (((11, 10), (9, 10), (9, 10)), "estimate"),
        (((1, 10), (0, 0), (9, 10)), "sensitivity"),
        (((1, 10), (9, 10), (math.nan, 10)), "specificity"),
        (((1, 10), (9, 10), 0.9), "specificity must be an Estimate"),
        ((("a", 10), (9, 10), (9, 10)), "estimate"),
        ((Estimate(0.5, 0, 1, 0, 0, ""), (9, 10), (9, 10)), "at least one sample"),
    ],
)
def test_what_cannot_be_corrected_is_said(arguments, word) -> None:
    with pytest.raises(UsageError, match=word):
        correct(*arguments)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.2, 0.5])
def test_the_corrected_bounds_cover(rate: float) -> None:
    random = np.random.default_rng(7)
    se, sp, runs = 0.9, 0.93, 600
    flagged = rate * se + (1 - rate) * (1 - sp)
    low = high = 0
    for _ in range(runs):
        found = correct(
            (random.binomial(300, flagged), 300),
            (random.binomial(80, se), 80),
            (random.binomial(80, sp), 80),
            confidence=0.9,
        )
        low, high = low + (found.low > rate), high + (found.high < rate)
    assert max(low, high) / runs < 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def drawn(passed: int, tried: int, k: int, all_pass: bool) -> float:
    """By enumeration of every way to draw k answers."""
    ways = list(combinations([1] * passed + [0] * (tried - passed), k))
    good = sum(min(way) if all_pass else max(way) for way in ways)
    return float(Fraction(good, len(ways)))


@pytest.mark.parametrize(("c", "n", "k"), [(3, 10, 5), (0, 5, 2), (5, 5, 5), (2, 5, 1), (7, 9, 3)])
def test_repeated_answers_as_enumerated(c: int, n: int, k: int) -> None:
    assert pass_at_k([c], n, k).value == pytest.approx(drawn(c, n, k, all_pass=False))
    assert pass_hat_k([c], [n], k).value == pytest.approx(drawn(c, n, k, all_pass=True))


def test_the_interval_is_over_cases() -> None:
    found = pass_hat_k([4] * 30, 4, 2)
    assert (found.value, found.n, found.clusters) == (1.0, 120, 30)
    assert found.low == pytest.approx(estimate([1.0] * 30).low)
    assert pass_at_k([4] * 30, 4, 2, clusters=[i // 3 for i in range(30)]).low < found.low


@pytest.mark.parametrize(
    ("passed", "tried", "k", "word"),
    [
        ([3], 2, 1, "case 0 has more passes than tries"),
        ([1, 1], [3, 1], 2, "case 1 has fewer than k = 2"),
        ([1], 2, 0, "k is 0"),
        ([1], 2, True, "k is True"),
        ([1, 2], [3], 1, "need as many"),
        ([1.5], 3, 1, "whole numbers"),
        (["x"], 3, 1, "counts"),
        ([[1]], 3, 1, "whole numbers"),
        ([], 3, 1, "empty"),
    ],
)
def test_wrong_counts_are_named(passed, tried, k, word) -> None:
    with pytest.raises(UsageError, match=word):
        pass_at_k(passed, tried, k)


# Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C: four observers.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
UNITS = [
    [None if word == "." else int(word) for word in unit]
    for unit in zip(*(line.split() for line in OBSERVERS), strict=True)
]


PUBLISHED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}


@pytest.mark.parametrize(("scale", "alpha"), PUBLISHED.items())
def test_alpha_as_published(scale, alpha) -> None:
    found = krippendorff_alpha(UNITS, scale=scale, random=np.random.default_rng(0))
    assert found.value == pytest.approx(alpha, abs=5e-4)
    assert (found.n, found.clusters) == (40, 11)
    assert -1 <= found.low < found.value < found.high <= 1
    assert found == krippendorff_alpha(UNITS, scale=scale, random=np.random.default_rng(0))


def test_alpha_of_words_and_of_chance() -> None:
    words = [[f"w{r}" if r is not None else math.nan for r in unit] for unit in UNITS]
    assert krippendorff_alpha(words, random=np.random.default_rng(0)).value == pytest.approx(
        0.743, abs=5e-4
    )
    random = np.random.default_rng(3)
    chance = krippendorff_alpha(random.integers(0, 2, (400, 2)).tolist(), random=random)
    assert chance.low < 0 < chance.high and chance.high < 0.2
    one = krippendorff_alpha(UNITS, random=random, sides="lower")
    assert one.high == 1 and krippendorff_alpha(UNITS, random=random, sides="upper").low == -1


@pytest.mark.parametrize("scale", ["nominal", "ordinal", "interval"])
def test_perfect_agreement_is_not_certain(scale) -> None:
    few = krippendorff_alpha(
        [[1, 1], [2, 2], [4, 4]] * 2, scale=scale, random=np.random.default_rng(0)
    )
    many = krippendorff_alpha(
        [[1, 1], [2, 2], [4, 4]] * 99, scale=scale, random=np.random.default_rng(0)
    )
    assert few.value == many.value == 1
    assert few.low < 0.6 < 0.9 < many.low < 1


@pytest.mark.parametrize(
    ("ratings", "options", "word"),
    [
        ([[1, 1], [1, 1]], {}, "all ratings are 1"),
        ([[1, 2]], {}, "two units"),
        ([[1], [2], []], {}, "two units"),
        ([["a", "b"], ["a", "a"]], {"scale": "ordinal"}, "finite numbers, not 'a'"),
        ([[1, math.inf], [1, 1]], {"scale": "interval"}, "finite numbers"),
        ([[1, 2], [1, 1]], {"scale": "ratio"}, "nominal, ordinal, interval"),
        ([[1, 2], [1, 1]], {"resamples": 1}, "at least 100"),
    ],
)
def test_ratings_without_an_alpha_are_refused(ratings, options, word) -> None:
    with pytest.raises(UsageError, match=word):
        krippendorff_alpha(ratings, random=np.random.default_rng(0), **options)


def test_copies_in_a_cluster_are_no_evidence() -> None:
    units = [(i % 2, i % 2 if i % 5 else 1 - i % 2) for i in range(60)]
    random = np.random.default_rng(0)
    once = krippendorff_alpha(units, random=random)
    copied = krippendorff_alpha(
        units * 6, clusters=list(range(60)) * 6, random=np.random.default_rng(0)
    )
    naive = krippendorff_alpha(units * 6, random=np.random.default_rng(0))
    assert copied.clusters == 60 and copied.low == pytest.approx(once.low, abs=0.02)
    assert naive.low > copied.low + 0.05
    whole = krippendorff_alpha(
        [(1, 1), (2, 2), (1, None)] * 5, clusters=list("abcde") * 3, random=random
    )
    assert whole.clusters == 5 and whole.low < 0.5
