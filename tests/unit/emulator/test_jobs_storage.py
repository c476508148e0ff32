"""Cloud Storage over plain HTTP: what Google's client does not show of it."""

from __future__ import annotations

import base64
import builtins
from typing import Any

import pytest
from jobs_asking import Asker, asking

from jobs_server import JobSettings
from llmeval.emulator.vertex_jobs.gcs.objects import ObjectStore, _crc32c, split_uri
from llmeval.emulator.vertex_jobs.gcs.uploads import Upload, parts_of, received, span_of

BUCKET = "/storage/v1/b/llmeval"
UPLOAD = "/upload/storage/v1/b/llmeval/o"


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, (0, 10)),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=10-", None),
        ("bytes=-", (0, 10)),
        ("lines=1-2", (0, 10)),
    ],
)
def test_a_range_is_read(header: str | None, span: object) -> None:
    assert span_of(header, 10) == span


def test_pieces_of_an_upload_are_taken_once_each() -> None:
    upload = Upload("b", "o", {})
    assert not received(upload, "bytes 0-3/*", b"abcd")
    assert not received(upload, "bytes 2-5/*", b"cdef")  # sent again after a broken connection
    assert not received(upload, "bytes */9", b"")  # asks how far it got
    assert received(upload, "bytes 6-8/9", b"ghi")
    assert bytes(upload.data) == b"abcdefghi"
    assert received(Upload("b", "o", {}), None, b"x")


@pytest.mark.parametrize(
    "raw",
    [b"", b"--x--", b"--x\r\n\r\nnothing\r\n--x--", b"--x\r\n\r\n{\r\n--x\r\n\r\ny\r\n--x--"],
)
def test_a_broken_multipart_body_is_none(raw: bytes) -> None:
    assert parts_of("multipart/related; boundary=x", raw) is None
    assert parts_of("multipart/related", raw) is None


def test_multipart_data_may_hold_the_boundary() -> None:
    raw = b'--x\r\nA: b\r\n\r\n{"name": "n"}\r\n--x\r\nContent-Type: a/b\r\n\r\n1--x2\r\n--x--'
    assert parts_of('multipart/related; boundary="x"', raw) == (
        {"name": "n", "contentType": "a/b"},
        b"1--x2",
    )


def test_the_checksum_is_castagnoli_with_and_without_googles_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "google_crc32c":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert _crc32c(b"123456789") == 0xE3069283  # RFC 3720, and every catalogue of checksums
    assert _crc32c(b"") == 0


@pytest.mark.parametrize("uri", ["bucket/x", "gs://", "gs:///x", "xgs://b/o", "https://b/o"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="gs:// address"):
        split_uri(uri)
    assert split_uri("gs://b/a/c") == ("b", "a/c") and split_uri("gs://b") == ("b", "")


def test_the_store_is_bounded_and_counts_what_goes() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("a", b"x" * 60)
        full = await ask("POST", UPLOAD + "?uploadType=media&name=b", b"x" * 60)
        assert full.status == 403 and "at most 100 bytes" in full.message
        await ask.put("a", b"y" * 100)
        assert (await ask("DELETE", BUCKET + "/o/a")).status == 204
        await ask.put("b", b"x" * 100)

    asking(scenario, JobSettings(seconds=0, capacity=100))


def test_names_are_any_text() -> None:
    async def scenario(ask: Asker) -> None:
        for name in ("a b", "ü/日本", "x%2Fy?z#w&v", "a//b", "compose"):
            quoted = "".join(f"%{byte:02X}" for byte in name.encode())
            await ask.put(quoted, name.encode())
            found = await ask("GET", f"{BUCKET}/o/{quoted}?alt=media")
            assert found.body == name.encode()
            assert (await ask("GET", f"{BUCKET}/o/{quoted}")).body["name"] == name

    asking(scenario)


def test_a_list_is_folded_and_paged_without_a_gap() -> None:
    async def scenario(ask: Asker) -> None:
        for name in ("a", "d/1", "d/2", "e/1", "f", "g"):
            await ask.put(name, b"")
        seen: list[str] = []
        token = ""
        for _ in range(9):
            path = f"{BUCKET}/o?delimiter=/&maxResults=2&pageToken={token}"
            shown = (await ask("GET", path)).body
            seen += sorted([o["name"] for o in shown["items"]] + shown["prefixes"])
            token = shown.get("nextPageToken", "")
            if not token:
                break
        assert seen == ["a", "d/", "e/", "f", "g"]
        assert (await ask("GET", f"{BUCKET}/o?maxResults=x")).status == 400

    asking(scenario)


def test_a_download_says_its_range_and_checksums() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("o", b"0123456789")
        part = await ask("GET", f"{BUCKET}/o/o?alt=media", Range="bytes=2-4")
        assert (part.status, part.body) == (206, b"234")
        assert part.headers["Content-Range"] == "bytes 2-4/10"
        assert part.headers["X-llmeval-emulator"] == "1"
        beyond = await ask("GET", f"{BUCKET}/o/o?alt=media", Range="bytes=10-")
        assert beyond.status == 416
        told = (await ask("GET", f"{BUCKET}/o/o")).body
        assert told["size"] == "10" and len(base64.b64decode(told["md5Hash"])) == 16
        assert f"crc32c={told['crc32c']}" in part.headers["X-Goog-Hash"]

    asking(scenario)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("GET", "/storage/v1/b/nowhere", None, 404, "notFound"),
        ("GET", "/storage/v1/b/no-permission/o", None, 403, "forbidden"),
        ("POST", "/storage/v1/b?project=p", {"name": "llmeval"}, 409, "conflict"),
        ("POST", "/storage/v1/b?project=no-permission", {"name": "mine"}, 403, "forbidden"),
        ("POST", "/storage/v1/b?project=p", {"name": "x"}, 400, "invalid"),
        ("POST", "/storage/v1/b?project=p", b"{", 400, "parseError"),
        ("POST", "/storage/v1/b?project=p", b"[]", 400, "parseError"),
        ("POST", "/storage/v1/b?project=p", b"[" * 100_000, 400, "parseError"),
        ("GET", BUCKET + "/o/none", None, 404, "notFound"),
        ("DELETE", BUCKET + "/o/none", None, 404, "notFound"),
        ("POST", UPLOAD + "?uploadType=media", b"x", 400, "required"),
        ("POST", UPLOAD + "?uploadType=resumable", {}, 400, "required"),
        ("POST", UPLOAD + "?uploadType=multipart", b"x", 400, "badRequest"),
        ("POST", UPLOAD + "?uploadType=media&name=a&ifGenerationMatch=7", b"", 412, "conditionNot"),
        ("PUT", UPLOAD + "?upload_id=none", b"x", 404, "notFound"),
        ("POST", BUCKET + "/o/c/compose", {"sourceObjects": []}, 400, "invalid"),
        ("POST", BUCKET + "/o/c/compose", {"sourceObjects": [{"name": "?"}]}, 404, "notFound"),
    ],
)
def test_what_is_refused_is_refused_in_its_shape(
    method: str, path: str, body: object, status: int, reason: str
) -> None:
    async def scenario(ask: Asker) -> None:
        refused = await ask(method, path, body)
        assert refused.status == status == refused.body["error"]["code"]
        assert refused.body["error"]["errors"][0]["reason"].startswith(reason)
        assert refused.message

    asking(scenario)


def test_an_abandoned_upload_is_gone() -> None:
    async def scenario(ask: Asker) -> None:
        begun = await ask("POST", UPLOAD + "?uploadType=resumable", {"name": "n"})
        path = begun.headers["Location"].partition("/upload")[2]
        assert (await ask("DELETE", f"/upload{path}")).status == 499
        assert (await ask("PUT", f"/upload{path}", b"x")).status == 404

    asking(scenario)


def test_only_an_empty_bucket_can_be_deleted() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("o", b"x")
        assert (await ask("DELETE", BUCKET)).status == 409
        await ask("DELETE", BUCKET + "/o/o")
        assert (await ask("DELETE", BUCKET)).status == 204
        assert (await ask("GET", BUCKET)).status == 404

    asking(scenario)


def test_generations_only_grow() -> None:
    store = ObjectStore(["b"])
    generations = [store.put("b", "o", b"x").generation for _ in range(3)]
    assert generations == sorted(set(generations))
