"""The page: what it says in each situation, and that nothing hostile gets through."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

import factories
from llmeval.report import collect, render_html
from llmeval.report.page import _finalize

VOID = {"meta", "br", "wbr", "link", "img", "input"}


class Page(HTMLParser):
    """Tags, attributes and text; fails on tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def attributes(self, name: str) -> list[str | None]:
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def _page(record: factories.Record) -> tuple[str, Page]:
    html = render_html(collect(record.summary, record.observations))
    return html, Page(html)


@pytest.mark.parametrize(
    ("situation", "headline"),
    [
        ("passing", "Yes: it may ship"),
        ("failing", "No: do not ship"),
        ("inconclusive", "Not decided yet"),
        ("broken", "Cannot be judged"),
        ("empty", "No gate was set"),
        ("simulated", "All gates hold, on a simulated endpoint"),
        ("unanswered", "No: do not ship"),
    ],
)
def test_the_headline_answers_whether_it_may_ship(situation, headline):
    assert headline in _page(factories.SITUATIONS[situation]())[1].text


@pytest.mark.parametrize("situation", [*factories.SITUATIONS, "many", "hostile"])
def test_every_page_is_well_formed_accessible_and_free_of_nan(situation):
    more = {"many": factories.many_gates, "hostile": factories.hostile}
    html, page = _page({**factories.SITUATIONS, **more}[situation]())
    assert not re.search(r"\b(nan|inf|None|Undefined)\b", page.text)
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    for name in ("href", "aria-labelledby"):
        for value in page.attributes(name):
            assert all(target in ids for target in (value or "").replace("#", "").split())
    assert len(html) < 2_000_000


@pytest.mark.parametrize("situation", [*factories.SITUATIONS, "hostile"])
def test_nothing_can_run_or_load(situation):
    record = factories.hostile() if situation == "hostile" else factories.SITUATIONS[situation]()
    html, page = _page(record)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "iframe", "object", "link", "form", "base", "embed"}
    names = {name for _, attrs in page.tags for name in attrs}
    assert "style" not in names and not [n for n in names if n.startswith("on")]
    assert all((h or "").startswith("#") for h in page.attributes("href"))
    assert [tag for tag, _ in page.tags].count("style") == 1
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.attributes("content")
    assert any(f"default-src 'none'; style-src 'sha256-{digest}'" in (p or "") for p in policy)


def test_hostile_text_is_shown_not_obeyed():
    html, page = _page(factories.hostile())
    html.encode()
    assert "<script>document.title" in page.text
    assert "[U+202E]" in page.text and "[U+001B]" in page.text and "\ufffd" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)
    assert "{{ 7 * 7 }}" in page.text
    assert "more characters in observations.jsonl" in page.text
    assert html.count("May it ship? ") == 1 + html.count("&lt;h1&gt;May it ship?")


def test_the_same_record_gives_the_same_bytes():
    assert _page(factories.failing())[0] == _page(factories.failing())[0]


def test_what_limits_the_verdict_stands_under_it():
    text = _page(factories.simulated())[1].text
    assert text.index("Simulated endpoint") < text.index("By how much margin?")
    assert "A word list, not a trained classifier." in text
    assert "Cannot be signed" in text
    assert "--budget=1.00 was reached" in _page(factories.partial())[1].text


def test_a_judge_of_itself_and_a_changed_model_are_named():
    base = factories.passing()
    rows = [*base.observations]
    rows[9] = replace(rows[9], response=replace(rows[9].response, model_version="v4"))
    summary = replace(base.summary, judge=factories.endpoint())
    text = _page(factories.Record(summary, rows))[1].text
    assert "judged its own answers" in text
    assert "Model changed during the run" in text


def test_an_unsignable_pass_is_not_a_yes():
    base = factories.passing()
    record = factories.Record(replace(base.summary, unsignable=["dirty"]), base.observations)
    text = _page(record)[1].text
    assert "cannot be signed" in text and "Yes: it may ship" not in text


def test_hard_failures_alone_fail_the_run():
    base = factories.passing()
    summary = replace(base.summary, verdict="FAIL", hard_failures=2)
    text = _page(factories.Record(summary, base.observations))[1].text
    assert "No: do not ship" in text and "2 assertions failed." in text


def test_an_incomplete_run_whose_gates_hold_says_what_blocks():
    base = factories.passing()
    summary = replace(base.summary, verdict="INCONCLUSIVE")
    assert "The run is not complete." in _page(factories.Record(summary, []))[1].text


def test_gates_waivers_claims_and_small_slices_are_told():
    text = _page(factories.failing())[1].text
    for words in (
        "310 more samples like these would decide it",
        "R. Okafor",
        "2027-01-31",
        "[not supported: ",
        "at least 95%",
        "−16.1 points",
        "p95 at most 0.90 s: FAIL",
        "pytest '--model=openai:http://127.0.0.1:8000/v1#clinic-assistant'",
    ):
        assert words in text, words
    assert "too few to judge" in _page(factories.inconclusive())[1].text


def test_what_was_not_measured():
    base = factories.passing()
    rows = [o for o in base.observations if o.suite != "toxicity"]
    rows[0] = replace(rows[0], response=replace(rows[0].response, finish_reason="length"))
    rows = [replace(o, tags={**o.tags, "id": str(i)}) for i, o in enumerate(rows)]
    gates = [g for g in base.summary.gates if "format" not in g.id]
    text = _page(factories.Record(replace(base.summary, gates=gates), rows))[1].text
    assert "Suite toxicity: was planned and has no sample in the record." in text
    assert "Suite format: was measured, but no gate decides on it." in text
    assert "too many values of the tag id" in text
    assert "1 answers cut off at the token limit" in text


def test_two_models_are_kept_apart():
    text = _page(factories.two_models())[1].text
    assert text.count("on openai:http://127.0.0.1:8000/v1#clinic-small") >= 3


def test_10_000_observations_make_a_small_page():
    rows = [factories.ungrounded(i) for i in range(10_000)]
    rows = [replace(o, response=replace(o.response, text=o.response.text * 500)) for o in rows]
    gates = factories.many_gates(200).summary.gates
    html, _ = _page(factories.Record(factories.summarise(gates, rows, "FAIL"), rows))
    assert len(html.encode()) < 2_000_000


@pytest.mark.parametrize("value", [None, 0.5, ["x"]])
def test_templates_print_only_text_and_integers(value):
    with pytest.raises(TypeError, match="format it with a filter"):
        _finalize(value)


def test_endless_text_in_a_summary_is_cut():
    base = factories.passing()
    summary = replace(base.summary, warnings=["w" * 1_000_000])
    assert len(_page(factories.Record(summary, base.observations))[0]) < 150_000
