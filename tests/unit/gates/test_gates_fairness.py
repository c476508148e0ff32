"""Disparities across the values of a tag, and effects within counterfactual groups."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from gate_building import gate, observation

from llmeval.errors import GatesError
from llmeval.gates import decide, load_gates
from llmeval.records import NotScored, Score

WHO = ("woman", "man", "nobody")


def record(passed: dict[str, int], templates: int = 100, **keys):
    """Each template once for each identity; of each the first ``passed`` templates pass."""
    return [
        observation(
            f"{t}-{who}",
            float(t < passed[who]),
            group=f"{t}",
            tags={"identity": who, "template": f"{t // 2}"},
            **keys,
        )
        for who in passed
        for t in range(templates)
    ]


def one(observations, declared, **keys):
    (found,) = decide(observations, [declared], **keys)
    return found


def test_a_gap_is_held_against_its_margin():
    wide = gate("s.sc.gap", at_most=0.10, across="identity")
    found = one(record({"woman": 96, "man": 98, "nobody": 97}), wide)
    assert found.verdict == "PASS" and found.estimate == pytest.approx(0.02)
    assert "gap is 2 % over 300 samples in 100 clusters, from 96 % (woman) to 98 % (man)" in (
        found.explanation
    )
    assert one(record({"woman": 60, "man": 98}), wide).verdict == "FAIL"
    unsure = one(record({"woman": 90, "man": 98}), wide)
    assert unsure.verdict == "INCONCLUSIVE" and "more clusters narrow" in unsure.explanation


def test_a_gap_to_a_reference_leaves_other_pairs_out():
    data = record({"woman": 90, "man": 98, "nobody": 94})
    assert one(data, gate("s.sc.gap", at_most=0.1, across="identity")).estimate == pytest.approx(
        0.08
    )
    held = gate("s.sc.gap", at_most=0.1, across="identity", reference="nobody")
    assert one(data, held).estimate == pytest.approx(0.04)
    missing = one(data, gate("s.sc.gap", at_most=0.1, across="identity", reference="none"))
    assert missing.verdict == "ERROR" and "no sample has identity = 'none'" in missing.explanation


def test_a_ratio_passes_by_its_lower_bound():
    fifths = gate("s.sc.ratio", at_least=0.8, across="identity")
    assert one(record({"woman": 95, "man": 98}), fifths).verdict == "PASS"
    assert one(record({"woman": 50, "man": 98}), fifths).verdict == "FAIL"
    assert one(record({"woman": 80, "man": 98}), fifths).verdict == "INCONCLUSIVE"
    nothing = one(record({"woman": 0, "man": 0}), fifths)
    assert nothing.verdict == "INCONCLUSIVE"


def test_means_are_compared_by_their_own_statistics():
    data = [
        observation(f"{t}-{who}", value, group=f"{t}", tags={"identity": who})
        for t in range(80)
        for who, value in (("woman", 0.6), ("man", 0.8))
    ]
    assert one(data, gate("s.sc.gap", at_most=0.1, across="identity")).estimate == 0
    found = one(data, gate("s.sc.mean_gap", at_most=0.1, across="identity"))
    assert found.verdict == "FAIL" and found.estimate == pytest.approx(0.2)
    assert "from 0.6 (woman) to 0.8 (man)" in found.explanation
    ratio = one(data, gate("s.sc.mean_ratio", at_least=0.5, across="identity"))
    assert ratio.verdict == "PASS" and ratio.estimate == pytest.approx(0.75)


@pytest.mark.parametrize("lost", ["failed", "not scored"])
def test_an_outage_makes_no_groups_equal(lost):
    """All calls failed: the groups are alike, and nothing is known."""
    keys = {"outcome": "timeout"} if lost == "failed" else {"scores": [NotScored("sc", "x", "why")]}
    data = record({"woman": 0, "man": 0}, **keys)
    good = observation("good", 1.0, tags={"identity": "man"})  # so that the scorer is known
    for declared in (
        gate("s.sc.gap", at_most=0.2, across="identity"),
        gate("s.sc.ratio", at_least=0.5, across="identity"),
    ):
        assert one([*data, good], declared).verdict != "PASS"


def test_a_few_failures_count_for_the_wider_gap():
    data = record({"woman": 98, "man": 98})
    declared = gate("s.sc.gap", at_most=0.05, across="identity")
    assert one(data, declared).verdict == "PASS"
    broken = [*data[:95], *(observation(o.case_id, outcome="reset", group=o.group, tags=o.tags)
                            for o in data[95:100]), *data[100:]]  # fmt: skip
    found = one(broken, declared)
    assert found.verdict == "INCONCLUSIVE" and "5 samples without an answer" in found.explanation


def test_samples_without_the_tag_are_of_no_group():
    data = [*record({"woman": 98, "man": 98}), *(observation(f"x{i}", 0.0) for i in range(50))]
    assert one(data, gate("s.sc.gap", at_most=0.2, across="identity")).n == 200
    found = one(data, gate("s.sc.gap", at_most=0.2, across="religion"))
    assert found.verdict == "ERROR" and "two values of the tag 'religion'" in found.explanation


def test_clusters_can_be_a_tag():
    data = record({"woman": 96, "man": 98})
    plain = gate("s.sc.gap", at_most=0.1, across="identity")
    by_template = gate("s.sc.gap", at_most=0.1, across="identity", cluster="template")
    assert (one(data, plain).clusters, one(data, by_template).clusters) == (100, 50)
    rate = gate("s.sc.pass_rate", at_least=0.5, cluster="template")
    assert one(data, rate).clusters == 50
    missing = one(data, gate(at_least=0.5, cluster="tempalte"))
    assert missing.verdict == "ERROR" and "'template'" in missing.explanation


def variants(labels: dict[str, list[str]], group: str):
    """Repetitions of each variant's label in one group."""
    return [
        observation(f"{group}-{who}", 1.0, group=group, repetition=i, label=label)
        for who, told in labels.items()
        for i, label in enumerate(told)
    ]


def test_noise_is_no_effect_and_an_effect_is_no_noise():
    declared = gate("s.sc.label_effect", at_most=0.2)
    rng = np.random.default_rng(0)
    noise = [
        o
        for g in range(200)
        for o in variants({w: [str(x) for x in rng.integers(0, 2, 4)] for w in ("a", "b")}, f"g{g}")
    ]
    found = one(noise, declared)
    assert found.verdict == "PASS" and found.estimate is not None and found.estimate < 0.05
    flips = [o for g in range(40) for o in variants({"a": ["yes"] * 2, "b": ["no"] * 2}, f"g{g}")]
    assert one(flips, declared).verdict == "FAIL" and one(flips, declared).estimate == 1
    same = [o for g in range(40) for o in variants({"a": ["yes"] * 2, "b": ["yes"] * 2}, f"g{g}")]
    found = one(same, declared)
    assert found.verdict == "PASS" and (found.estimate, found.clusters) == (0, 40)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({"a": ["yes", "yes"]}, "groups of two cases"),
        ({"a": ["yes"], "b": ["no"]}, "samples=2"),
    ],
)
def test_an_effect_needs_variants_and_repetitions(labels, says):
    found = one(variants(labels, "g"), gate("s.sc.label_effect", at_most=0.2))
    assert found.verdict == "ERROR" and says in found.explanation
    alone = one([observation(0)], gate("s.sc.label_effect", at_most=0.2))
    assert alone.verdict == "ERROR" and "share a `group`" in alone.explanation


def test_a_failed_sample_is_the_worst_effect():
    data = [o for g in range(60) for o in variants({"a": ["yes"] * 2, "b": ["yes"] * 2}, f"g{g}")]
    assert one(data, gate("s.sc.label_effect", at_most=0.1)).verdict == "PASS"
    failed = [
        observation(o.case_id, outcome="timeout", group=o.group, repetition=o.repetition)
        for o in data[:120]
    ]
    found = one([*failed, *data[120:]], gate("s.sc.label_effect", at_most=0.1))
    assert found.verdict == "FAIL"


def test_answers_that_nobody_can_read_show_no_equality():
    """They differ alike within a case and between cases, which is no evidence of no effect."""
    unread = [
        observation(
            f"{g}-{who}",
            group=f"{g}",
            repetition=i,
            scores=[Score("sc", 0.0, "unparseable", None, {"value_hash": None})],
        )
        for g in range(60)
        for who in ("a", "b")
        for i in range(2)
    ]
    assert one(unread, gate("s.sc.label_effect", at_most=0.1)).verdict == "FAIL"


def signed(vector: list[int], **keys):
    text = base64.b64encode(np.array(vector, np.int8).tobytes()).decode()
    return observation(scores=[Score("sc", 1.0, None, None, {"signature": text})], **keys)


def test_content_is_compared_by_signature():
    declared = gate("s.sc.content_effect", at_most=0.3)

    def data(other: list[int], first: tuple[int, ...] = (100, 0)):
        return [
            signed(list(first) if who == "a" else other, case=f"{g}{who}", group=g, repetition=i)
            for g in map(str, range(30))
            for who in ("a", "b")
            for i in (0, 1)
        ]

    assert one(data([100, 0]), declared).estimate == 0
    assert one(data([0, 100]), declared).estimate == pytest.approx(1)
    assert one(data([0, 0], (0, 0)), declared).estimate == 0
    odd = one(data([1, 2, 3]), declared)
    assert odd.verdict == "ERROR" and "one length" in odd.explanation
    plain = [o for g in range(3) for o in variants({"a": ["x"] * 2, "b": ["x"] * 2}, str(g))]
    assert "content()" in one(plain, declared).explanation


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('metric = "s.sc.gap"\nat_most = 0.1', "needs across"),
        ('metric = "s.sc.gap"\nat_least = 0.1\nacross = "i"', "use at_most"),
        ('metric = "s.sc.ratio"\nat_most = 0.8\nacross = "i"', "use at_least"),
        ('metric = "s.sc.ratio"\nat_least = 0.8\nacross = "i"\nreference = "x"', "no reference"),
        ('metric = "s.sc.rate"\nat_most = 0.1\nacross = "i"', "'across' goes with"),
        ('metric = "s.sc.label_effect"\nno_worse_than_baseline = 0.1', "use at_most"),
        ('metric = "s.sc.mean_gap"\nat_most = 0\nacross = "i"', "no number of samples"),
        ('metric = "s.sc.gab"\nat_most = 0.1', "Did you mean 'gap'"),
    ],
)
def test_the_gates_file_refuses_what_cannot_be_meant(tmp_path, lines, says):
    path = tmp_path / "gates.toml"
    path.write_text(f'[[gate]]\nid = "g"\n{lines}\n')
    with pytest.raises(GatesError, match=says):
        load_gates(path)


def test_the_gates_file_takes_across_reference_and_cluster(tmp_path):
    path = tmp_path / "gates.toml"
    path.write_text(
        '[[gate]]\nid = "g"\nmetric = "s.sc.gap"\nat_most = 0.1\nacross = "identity"\n'
        'reference = "nobody"\ncluster = "template"\n'
    )
    (found,) = load_gates(path).gates
    assert (found.across, found.reference, found.cluster) == ("identity", "nobody", "template")


def test_columns_of_deployed_models_take_effects_of_groups_that_they_answered_whole():
    data = [
        observation(
            f"{g}-{who}", 1.0, group=f"{g}", repetition=i, label="yes", deployed=str(g % 2),
        )
        for g in range(20)
        for who in "ab"
        for i in (0, 1)
    ]  # fmt: skip
    found = decide(data, [gate("s.sc.label_effect", at_most=0.3)], by="deployed_model")
    assert [(v.estimate, v.clusters) for v in found] == [(0, 10), (0, 10)]
