"""The event parser gives the same whatever pieces it is fed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.endpoints.wire.sse import EventParser


def parsed(pieces: list[bytes]) -> list[bytes]:
    parser = EventParser()
    events = [data for piece in pieces for data in parser.feed(piece)]
    return events + parser.close()


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    marks = sorted({0, len(stream), *(i % (len(stream) + 1) for i in at)})
    return [stream[a:b] for a, b in pairwise(marks)]


LINES = st.sampled_from(
    [b"data: one", b"data:two", b"data:  three", b"data", b": ping", b"event: x", b"", b"", b"id"]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=20).map(
    lambda pairs: b"".join(line + end for line, end in pairs)
)


@given(STREAMS | st.binary(max_size=60), st.lists(st.integers(0, 400), max_size=20))
def test_where_the_pieces_are_cut_makes_no_difference(stream: bytes, at: list[int]) -> None:
    assert parsed(cut(stream, at)) == parsed([stream])


@given(st.lists(st.lists(st.from_regex(rb"[^\r\n]{1,9}", fullmatch=True), min_size=1), max_size=5),
       ENDS)  # fmt: skip
def test_what_is_sent_is_what_comes_out(events: list[list[bytes]], end: bytes) -> None:
    stream = b"".join(
        b"".join(b"data: " + line + end for line in event) + b": comment" + end + end
        for event in events
    )
    assert parsed([bytes([b]) for b in stream]) == [b"\n".join(event) for event in events]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"data: a\r\r\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"\n\n: x\n\n", []),
        (b"database: a\n\n", []),
        (b"data: a\xe2\x80\xa8b\x0bc\n\n", [b"a\xe2\x80\xa8b\x0bc"]),
    ],
)
def test_events(stream: bytes, events: list[bytes]) -> None:
    assert parsed([stream]) == events


def test_a_long_line_in_many_pieces_takes_linear_time() -> None:
    parser = EventParser()
    assert parser.feed(b"data: ") == []
    for _ in range(200_000):
        parser.feed(b"xxxxx")
    assert [len(data) for data in parser.feed(b"\n\n")] == [1_000_000]
