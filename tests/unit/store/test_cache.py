from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace
from record_samples import ENDPOINT

from llmeval.errors import RecordError
from llmeval.records import Message, Request, Response, Usage
from llmeval.store import ResponseCache, cache_key

REQUEST = Request((Message("user", "Hi"),), {"temperature": 0.2})
ANSWER = Response("Hello", usage=Usage(3, 1), model_version="m-001", safety=[{"category": "x"}])


def test_everything_that_can_change_an_answer_is_in_the_key() -> None:
    key = cache_key(ENDPOINT, REQUEST)
    others = [
        cache_key(replace(ENDPOINT, version="2"), REQUEST),
        cache_key(replace(ENDPOINT, kind="openai"), REQUEST),
        cache_key(replace(ENDPOINT, ref="demo?x=1"), REQUEST),
        cache_key(replace(ENDPOINT, name="other"), REQUEST),
        cache_key(ENDPOINT, replace(REQUEST, repetition=1)),
        cache_key(ENDPOINT, replace(REQUEST, settings={})),
        cache_key(ENDPOINT, replace(REQUEST, messages=(Message("system", "Hi"),))),
        cache_key(ENDPOINT, replace(REQUEST, messages=(Message("user", "hi"),))),
    ]
    assert len({key, *others}) == 9


def test_what_is_not_sent_is_not_in_the_key() -> None:
    turned = replace(REQUEST, settings=dict(reversed({"a": 1, "b": 2}.items())))
    assert cache_key(ENDPOINT, REQUEST) == cache_key(ENDPOINT, replace(REQUEST, seed=9))
    assert cache_key(ENDPOINT, turned) == cache_key(
        ENDPOINT, replace(REQUEST, settings={"a": 1, "b": 2})
    )


def test_an_answer_is_kept_until_it_is_too_old(tmp_path: Path) -> None:
    path = tmp_path / "new" / "cache.sqlite"
    cache = ResponseCache(path)
    assert cache.get("k", now=0.0, ttl=None) is None
    cache.put("k", ANSWER, now=100.0)
    cache.close()
    cache.close()
    cache = ResponseCache(path)
    assert cache.get("k", now=160.0, ttl=60.0) == ANSWER
    assert cache.get("k", now=160.1, ttl=60.0) is None
    assert cache.get("k", now=1e12, ttl=None) == ANSWER
    cache.put("k", replace(ANSWER, text="newer"), now=200.0)
    assert cache.get("k", now=200.0, ttl=0.0) == replace(ANSWER, text="newer")
    cache.close()


def test_lone_surrogates_can_be_kept(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "c")
    cache.put("k", Response("a\ud800"), now=0.0)
    assert cache.get("k", now=0.0, ttl=None) == Response("a?")
    cache.close()


@pytest.mark.parametrize("stored", [b"{", b'{"text": 3}', b'{"text": "\xff"}'])
def test_an_answer_that_cannot_be_read_is_asked_again(tmp_path: Path, stored: bytes) -> None:
    cache = ResponseCache(tmp_path / "c")
    with sqlite3.connect(tmp_path / "c") as other:
        other.execute("INSERT INTO answers VALUES ('k', 0, ?)", (stored,))
    other.close()
    assert cache.get("k", now=0.0, ttl=None) is None
    cache.put("k", ANSWER, now=0.0)
    assert cache.get("k", now=0.0, ttl=None) == ANSWER
    cache.close()


def test_a_file_that_is_no_cache_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database, but long enough to look at" * 50)
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "text", tmp_path / "folder", tmp_path / "text" / "below"):
        with pytest.raises(RecordError, match=r"cannot use the response cache .*--no-cache"):
            ResponseCache(path)


def test_a_cache_that_breaks_later_is_named_with_the_fix(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "c")
    with sqlite3.connect(tmp_path / "c") as other:
        other.execute("DROP TABLE answers")
    other.close()
    with pytest.raises(RecordError, match=r"no such table: answers.*--no-cache"):
        cache.put("k", ANSWER, now=0.0)
    with pytest.raises(RecordError, match="no such table"):
        cache.get("k", now=0.0, ttl=None)
    cache.close()
    with pytest.raises(RecordError, match="closed"):
        cache.get("k", now=0.0, ttl=None)


def test_a_cache_that_stays_locked_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmeval.store.cache._BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "c", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RecordError, match="locked"):
        ResponseCache(tmp_path / "c")
    holder.execute("COMMIT")
    holder.close()
    ResponseCache(tmp_path / "c").close()


def test_threads_share_one_cache(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path / "c")
    wrong: list[str] = []

    def work(name: str) -> None:
        for number in range(50):
            key = f"{name}-{number}"
            cache.put(key, Response(key), now=0.0)
            if cache.get(key, now=0.0, ttl=None) != Response(key):
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.close()
    assert not wrong


def test_processes_share_one_cache(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from llmeval.records import Response
from llmeval.store import ResponseCache
for number in range(20):
    cache = ResponseCache(Path(sys.argv[1]))
    cache.put("shared", Response(sys.argv[2]), now=0.0)
    cache.put(f"{sys.argv[2]}-{number}", Response(sys.argv[2]), now=0.0)
    assert cache.get("shared", now=0.0, ttl=None) is not None
    cache.close()
"""
    arguments = [sys.executable, "-c", program, str(tmp_path / "c")]
    processes = [
        subprocess.Popen([*arguments, name], stderr=subprocess.PIPE, text=True) for name in "abc"
    ]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
    cache = ResponseCache(tmp_path / "c")
    for name in "abc":
        for number in range(20):
            assert cache.get(f"{name}-{number}", now=0.0, ttl=None) == Response(name)
    cache.close()
