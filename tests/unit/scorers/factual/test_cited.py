"""What is read as a citation, where it stands, and what there can be no such thing as."""

from __future__ import annotations

import time

import pytest

from llmeval.scorers.factual.cited import Citation, citations_in, host_of, plain_url


def only(text: str) -> Citation:
    (found,) = citations_in(text)
    return found


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("See https://www.Python.org/Docs/.", "url", "python.org/Docs"),
        ("(http://a.org/b_(c)#part), ", "url", "a.org/b_(c)"),
        ("[docs](https://a.org/x 'title')", "url", "a.org/x"),
        ("**www.a.org/x?y=1**", "url", "a.org/x?y=1"),
        ("https://rr-.github.io/x_y", "url", "rr-.github.io/x_y"),
        ("https://müller.de/", "url", "müller.de"),
        ("doi:10.1038/S41586-020-2649-2.", "doi", "10.1038/s41586-020-2649-2"),
        ("https://doi.org/10.1016/0021-9991(92)90240-Y)", "doi", "10.1016/0021-9991(92)90240-y"),
        ("arXiv:1706.03762v5 [cs.CL]", "arxiv", "1706.03762"),
        ("https://arxiv.org/abs/hep-th/9901001", "arxiv", "hep-th/9901001"),
        ("https://doi.org/10.48550/arXiv.1706.03762", "arxiv", "1706.03762"),
        ("ISBN 0-306-40615-2", "isbn", "9780306406157"),
        ("ISBN-13: 978-0-306-40615-7,", "isbn", "9780306406157"),
        ("978-3-16-148410-0", "isbn", "9783161484100"),
        ("ISBN 080442957X", "isbn", "9780804429573"),
    ],
)
def test_it_is_cited(text: str, kind: str, value: str) -> None:
    found = only(text)
    assert (found.kind, found.value, found.impossible) == (kind, value, None)
    assert text[slice(*found.span)].strip("()[].,* '") == text[slice(*found.span)].strip()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://no-such-domain/x", "no name"),
        ("https://-a-.com/x", "no name"),
        ("https://www.journal.123/x", "top-level domain"),
        ("https://a.org:99999/x", "no address"),
        ("https://example.com/study", "for examples"),
        ("https://papers.invalid/7", "for examples"),
        ("doi: 10.12/abc", "prefix"),
        ("arXiv:2313.01234", "month 13"),
        ("arXiv:1706.0376", "5 digits"),
        ("arXiv:1201.03762", "4 digits"),
        ("arXiv:0611.1234", "April 2007"),
        ("arXiv:cs/0911001", "March 2007"),
        ("ISBN 978-0-306-40615-8", "check digit"),
        ("ISBN 0-306-40615-3", "check digit"),
        ("ISBN 977-0-306-40615-7", "978 or 979"),
        ("ISBN 12345678901", "ten or thirteen"),
    ],
)
def test_there_can_be_no_such_thing(text: str, why: str) -> None:
    assert why in str(only(text).impossible)


@pytest.mark.parametrize(
    "text",
    [
        "10.5/3 is 3.5, and 11.1038/3 is less.",
        "Version 10.0/x of arXiv",
        "Call 978-555-0100 today.",
        "http:// and www. alone",
        "someone@www.example is no link",
        "`requests.get('https://example.com/a')`",
        "```\ncurl http://localhost:8080/v1\n```",
        "Open http://127.0.0.1:8000/docs on your machine.",
    ],
)
def test_it_is_no_citation(text: str) -> None:
    assert citations_in(text) == []


def test_they_come_in_order_and_a_doi_is_not_also_a_link() -> None:
    text = "ISBN 0-306-40615-2, https://doi.org/10.1000/182 and https://a.org"
    assert [c.kind for c in citations_in(text)] == ["isbn", "doi", "url"]


def test_a_nested_link_ends_where_its_bracket_does() -> None:
    found = citations_in("[https://a.org](https://a.org)")
    assert [c.value for c in found] == ["a.org", "a.org"]


def test_links_are_compared_without_scheme_www_fragment_and_slash() -> None:
    assert plain_url("HTTPS://www.A.org/B/#c") == plain_url("http://a.org/B") == "a.org/B"
    assert host_of("a.org:80/B?c") == "a.org"


@pytest.mark.parametrize(
    "text",
    [
        "doi" + " " * 200_000,
        "arxiv" + "\n" * 200_000,
        "ISBN" + " " * 200_000,
        "https://" + ")" * 200_000,
        "http://a.b" * 20_000,
        "10.1000/" * 25_000,
        "`" * 200_000,
        "ISBN " * 40_000,
        "978-" * 50_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    citations_in(text)
    assert time.process_time() - started < 2
