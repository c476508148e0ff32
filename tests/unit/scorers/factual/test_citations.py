"""``citations``: fabricated, unverified, supported; by context and lists, never by a network."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from scorer_samples import SURROGATE, scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import Score
from llmeval.scorers import citations

CONTEXT = "Read https://docs.python.org/3/library/re.html and doi:10.1038/s41586-020-2649-2."


def statuses(found: Score) -> dict[str, str]:
    return {one["value"]: one["status"] for one in found.evidence["citations"]}


def test_what_the_context_holds_is_supported_and_its_place_is_shown() -> None:
    answer = "As http://docs.python.org/3/library/re.html#module says."
    found = scored(citations(), answer, {"context": CONTEXT})
    assert (found.value, found.label, found.explanation) == (1, "supported", None)
    (one,) = found.evidence["citations"]
    assert answer[slice(*one["span"])].endswith("#module")
    assert CONTEXT[slice(*one["support_span"])] == "https://docs.python.org/3/library/re.html"


def test_a_list_of_contexts_is_one_text_joined_by_an_empty_line() -> None:
    contexts = ["Nothing here.", "See arXiv:1706.03762."]
    found = scored(citations(), "From arxiv.org/abs/1706.03762v2", {"context": contexts})
    (one,) = found.evidence["citations"]
    assert "\n\n".join(contexts)[slice(*one["support_span"])] == "arXiv:1706.03762"


def test_what_the_question_holds_is_supported() -> None:
    asked = {"question": "Is pip install reqests right?"}
    found = scored(citations(), "`pip install reqests` is wrong.", asked)
    assert (found.label, found.evidence["counts"]) == ("supported", {"supported": 1})


def test_what_can_not_be_is_fabricated_and_is_named_first() -> None:
    found = scored(citations(), "See https://a.org, ISBN 978-0-306-40615-8.")
    assert (found.value, found.label) == (0, "fabricated")
    assert found.explanation == "isbn 9780306406158: its check digit is wrong"
    assert statuses(found) == {"9780306406158": "fabricated", "a.org": "unverified"}
    assert found.evidence["counts"] == {"fabricated": 1, "unverified": 1}


@pytest.mark.parametrize(("strict", "value"), [(True, 0.25), (False, 0.5)])
def test_what_cannot_be_told_is_unverified(strict: bool, value: float) -> None:
    found = scored(citations(strict=strict), "See https://a.org", {"context": CONTEXT})
    assert (found.value, found.label) == (value, "unverified")


def test_with_a_closed_context_what_it_lacks_is_fabricated() -> None:
    answer = "See https://docs.python.org/3/library/regex.html"
    found = scored(citations(closed=True), answer, {"context": CONTEXT})
    assert found.label == "fabricated"
    assert "names this host, but another address" in str(found.explanation)
    assert scored(citations(closed=True), answer).label == "unverified"


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("import numpy, Pandas", "supported"),
        ("pip install numpie", "fabricated"),
        ("from sklearn import svm", "supported"),
        ("from google.cloud import storage", "supported"),
        ("import numpy_tools", "fabricated"),
    ],
)
def test_a_list_of_packages_decides(answer: str, label: str) -> None:
    known = {"pypi": ["NumPy", "pandas", "scikit_learn", "google-cloud-storage"]}
    assert scored(citations(known=known), answer).label == label


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("https://docs.python.org/3/x", "supported"),
        ("https://python.org.evil.net/3", "fabricated"),
        ("https://notpython.org", "fabricated"),
        ("https://a.org/papers/7", "supported"),
        ("https://a.org/papersandmore", "fabricated"),
        ("https://a.org/papers?x=1", "supported"),
        ("https://a.org", "fabricated"),
    ],
)
def test_an_entry_of_url_holds_all_below_it(answer: str, label: str) -> None:
    known = {"url": ["python.org", "https://a.org/papers/"]}
    assert scored(citations(known=known), answer).label == label


def test_a_file_of_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("# papers\n\ndoi:10.1000/182\nhttps://doi.org/10.1000/ABC\n", "utf-8")
    scorer = citations(known={"doi": str(path)})
    assert scored(scorer, "doi: 10.1000/abc and 10.1000/182").label == "supported"
    assert scored(scorer, "doi: 10.1000/183").label == "fabricated"


def test_the_identity_follows_the_lists_content_not_its_place(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.write_text("numpy\n", "utf-8")
    first = citations(known={"npm": str(one)}).identity
    assert first == citations(known={"npm": str(two)}).identity
    one.write_text("numpy\nscipy\n", "utf-8")
    assert first != citations(known={"npm": str(one)}).identity


def test_an_isbn_is_the_same_with_ten_and_thirteen_digits() -> None:
    known = {"isbn": ["0306406152"]}
    assert scored(citations(known=known), "ISBN 978-0-306-40615-7").label == "supported"


def test_only_the_kinds_asked_for_count() -> None:
    found = scored(citations(["isbn"]), "https://example.com ISBN 0-306-40615-2")
    assert [one["kind"] for one in found.evidence["citations"]] == ["isbn"]


def test_an_answer_without_citations_passes_under_its_own_label() -> None:
    found = scored(citations(), "It opened in 1931.")
    assert (found.value, found.label, found.evidence["citations"]) == (1, "no_citations", [])


def test_evidence_is_bounded_and_holds_what_decided() -> None:
    answer = " ".join(f"https://a.org/{i}" for i in range(200)) + " https://papers.invalid/x"
    found = scored(citations(), answer)
    assert len(found.evidence["citations"]) == 50
    assert found.evidence["citations"][0]["status"] == "fabricated"
    assert found.evidence["counts"] == {"fabricated": 1, "unverified": 200}


@pytest.mark.parametrize(
    ("answer", "inputs", "kind"),
    [
        (" ", {}, "empty"),
        ("x" * 200_001, {}, "too_long"),
        ("x", {"context": "y" * 1_000_001}, "too_long"),
        ("x", {"context": 7}, "missing_input"),
    ],
)
def test_what_cannot_be_scored(answer: str, inputs: dict[str, Any], kind: str) -> None:
    assert unscored(citations(), answer, inputs).not_scored == kind


def test_a_lone_surrogate_in_a_link_is_read() -> None:
    assert scored(citations(), f"https://a.org/{SURROGATE}").label in ("unverified", "fabricated")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kinds": ["urls"]}, "the kinds are url, doi"),
        ({"known": {"pip": []}}, "the kinds are url, doi"),
        ({"known": {"pypi": "no/such/file"}}, "no/such/file cannot be read"),
    ],
)
def test_what_is_declared_wrongly_is_a_suite_error(given: dict[str, Any], told: str) -> None:
    with pytest.raises(SuiteError, match=told):
        citations(**given)


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a scorer opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    scored(citations(), "https://a.org ISBN 0-306-40615-2 doi:10.1000/182 pip install x")
