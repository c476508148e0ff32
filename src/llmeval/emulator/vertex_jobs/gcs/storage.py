"""The JSON API of Cloud Storage over an ``ObjectStore``, as ``STORAGE_EMULATOR_HOST`` reaches it.

Buckets: insert, get, list, delete, IAM policy. Objects: upload (media, multipart, resumable),
get, download (whole or a range), list by prefix and delimiter with pages, patch, compose, rewrite,
delete. ``ifGenerationMatch`` is honoured. A project or bucket ``no-permission`` is forbidden.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from llmeval.emulator.vertex_jobs.gcs.objects import Bucket, Object, ObjectStore
from llmeval.emulator.vertex_jobs.gcs.uploads import Upload, parts_of, received, span_of
from llmeval.emulator.vertex_jobs.gcs.wire import (
    Denied,
    answer,
    bucket_json,
    decoded,
    forbidden,
    guarded,
    object_json,
)
from llmeval.emulator.vertex_jobs.settings import FORBIDDEN
from llmeval.emulator.vertex_jobs.wire import SIGN

__all__ = ["Storage"]

_LARGEST_PAGE: Final = 1000
_BUCKET: Final = "/storage/v1/b/{bucket}"
_OBJECT: Final = _BUCKET + "/o/{object:.+}"
_TARGET: Final = "/b/{to_bucket}/o/{to_object:.+}"


class Storage:
    """The handlers, and the uploads that are under way."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._uploads: dict[str, Upload] = {}

    def add_to(self, app: web.Application) -> None:
        """Route every path that a client of Cloud Storage uses."""
        upload = "/upload/storage/v1/b/{bucket}/o"
        for method, path, handler in (
            ("POST", "/storage/v1/b", self.insert_bucket),
            ("GET", "/storage/v1/b", self.list_buckets),
            ("GET", _BUCKET, self.get_bucket),
            ("DELETE", _BUCKET, self.delete_bucket),
            ("GET", _BUCKET + "/iam", self.get_policy),
            ("PUT", _BUCKET + "/iam", self.set_policy),
            ("GET", _BUCKET + "/o", self.list_objects),
            ("POST", _OBJECT + "/compose", self.compose),
            ("POST", _OBJECT + "/copyTo" + _TARGET, self.copy),
            ("POST", _OBJECT + "/rewriteTo" + _TARGET, self.rewrite),
            ("GET", _OBJECT, self.get_object),
            ("PATCH", _OBJECT, self.patch_object),
            ("DELETE", _OBJECT, self.delete_object),
            ("GET", "/download" + _OBJECT, self.get_object),
            ("POST", upload, self.upload),
            ("PUT", upload, self.resume),
            ("DELETE", upload, self.abandon),
        ):
            app.router.add_route(method, path, guarded(handler))

    async def insert_bucket(self, http: web.Request) -> web.Response:
        """``POST /storage/v1/b``: make a bucket."""
        fields = await _json(http)
        name = fields.get("name")
        if not isinstance(name, str) or not 3 <= len(name) <= 222:
            raise Denied(400, "invalid", f"Invalid bucket name: {name!r}")
        if http.query.get("project") == FORBIDDEN:
            raise forbidden("storage.buckets.create", name)
        if name in self._store.buckets:
            message = "Your previous request to create the named bucket succeeded."
            raise Denied(409, "conflict", message)
        self._store.buckets[name] = bucket = Bucket(name, fields)
        return answer(bucket_json(bucket))

    async def list_buckets(self, http: web.Request) -> web.Response:
        """``GET /storage/v1/b``."""
        prefix = http.query.get("prefix", "")
        shown = [
            bucket_json(b) for n, b in sorted(self._store.buckets.items()) if n.startswith(prefix)
        ]
        return answer({"kind": "storage#buckets", "items": shown})

    async def get_bucket(self, http: web.Request) -> web.Response:
        """``GET /storage/v1/b/{bucket}``."""
        return answer(bucket_json(self._bucket(http, "storage.buckets.get")))

    async def delete_bucket(self, http: web.Request) -> web.Response:
        """``DELETE /storage/v1/b/{bucket}``: only an empty one."""
        bucket = self._bucket(http, "storage.buckets.delete")
        if bucket.objects:
            raise Denied(409, "conflict", "The bucket you tried to delete is not empty.")
        del self._store.buckets[bucket.name]
        return web.Response(status=204, headers=SIGN)

    async def get_policy(self, http: web.Request) -> web.Response:
        """``GET …/iam``."""
        policy = self._bucket(http, "storage.buckets.getIamPolicy").policy
        return answer({"kind": "storage#policy", "etag": "CAE=", "bindings": [], **policy})

    async def set_policy(self, http: web.Request) -> web.Response:
        """``PUT …/iam``."""
        bucket = self._bucket(http, "storage.buckets.setIamPolicy")
        bucket.policy = await _json(http)
        return answer({"kind": "storage#policy", "etag": "CAI=", **bucket.policy})

    async def list_objects(self, http: web.Request) -> web.Response:
        """``GET …/o``: by prefix, folded at the delimiter, a page at a time."""
        bucket = self._bucket(http, "storage.objects.list")
        prefix, delimiter = http.query.get("prefix", ""), http.query.get("delimiter", "")
        size = _page_size(http.query.get("maxResults"))
        after = http.query.get("pageToken", "")
        rows: dict[str, Object | None] = {}
        for name in self._store.names(bucket.name, prefix):
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            row = name if cut < 0 else name[: cut + len(delimiter)]
            if row > after:
                rows.setdefault(row, None if cut >= 0 else bucket.objects[name])
            if len(rows) > size:
                break
        shown = list(rows.items())[:size]
        page: dict[str, Any] = {
            "kind": "storage#objects",
            "items": [object_json(bucket.name, found) for _, found in shown if found],
            "prefixes": [row for row, found in shown if not found],
        }
        if len(rows) > size:
            page["nextPageToken"] = shown[-1][0]
        return answer(page)

    async def get_object(self, http: web.Request) -> web.Response:
        """``GET …/o/{object}``: its metadata, or with ``alt=media`` its data."""
        found = self._object(http, "storage.objects.get")
        if http.query.get("alt") != "media":
            return answer(object_json(http.match_info["bucket"], found))
        return self._downloaded(http, found)

    def _downloaded(self, http: web.Request, found: Object) -> web.Response:
        span = span_of(http.headers.get("Range"), len(found.data))
        if span is None:
            raise Denied(416, "requestedRangeNotSatisfiable", "Requested range not satisfiable")
        first, end = span
        headers = {
            **SIGN,
            "Accept-Ranges": "bytes",
            "X-Goog-Generation": str(found.generation),
            "X-Goog-Hash": f"crc32c={found.crc32c},md5={found.md5}",
            "X-Goog-Stored-Content-Encoding": "identity",
            "X-Goog-Stored-Content-Length": str(len(found.data)),
        }
        whole = "Range" not in http.headers
        if not whole:
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(found.data)}"
        kind = str(found.fields.get("contentType", "application/octet-stream"))
        headers["Content-Type"] = kind
        body = found.data[first:end]
        return web.Response(status=200 if whole else 206, body=body, headers=headers)

    async def patch_object(self, http: web.Request) -> web.Response:
        """``PATCH …/o/{object}``: change its metadata."""
        found = self._object(http, "storage.objects.update")
        fields = found.fields | await _json(http)
        fresh = replace(found, fields=fields, metageneration=found.metageneration + 1)
        self._store.bucket(http.match_info["bucket"]).objects[found.name] = fresh
        return answer(object_json(http.match_info["bucket"], fresh))

    async def delete_object(self, http: web.Request) -> web.Response:
        """``DELETE …/o/{object}``."""
        found = self._object(http, "storage.objects.delete")
        self._store.delete(http.match_info["bucket"], found.name)
        return web.Response(status=204, headers=SIGN)

    async def compose(self, http: web.Request) -> web.Response:
        """``POST …/o/{object}/compose``: join objects of the bucket, at most 32."""
        bucket = self._bucket(http, "storage.objects.create").name
        body = await _json(http)
        sources = [str(source.get("name")) for source in body.get("sourceObjects", [])]
        if not 1 <= len(sources) <= 32:
            raise Denied(400, "invalid", "The number of source components must be 1 to 32.")
        data = b"".join(self._store.get(bucket, source).data for source in sources)
        return self._stored(http, bucket, http.match_info["object"], data, body.get("destination"))

    async def copy(self, http: web.Request) -> web.Response:
        """``POST …/copyTo/b/{bucket}/o/{object}``."""
        return answer(object_json(http.match_info["to_bucket"], await self._copied(http)))

    async def rewrite(self, http: web.Request) -> web.Response:
        """``POST …/rewriteTo/b/{bucket}/o/{object}``: a copy, always in one go."""
        copy = await self._copied(http)
        size = str(len(copy.data))
        told = {"kind": "storage#rewriteResponse", "done": True, "objectSize": size}
        resource = object_json(http.match_info["to_bucket"], copy)
        return answer({**told, "totalBytesRewritten": size, "resource": resource})

    async def _copied(self, http: web.Request) -> Object:
        found = self._object(http, "storage.objects.get")
        bucket, name = http.match_info["to_bucket"], http.match_info["to_object"]
        self._expected(http, bucket, name)
        return self._store.put(bucket, name, found.data, found.fields | await _json(http))

    async def upload(self, http: web.Request) -> web.Response:
        """``POST /upload/…``: the whole object, or the beginning of a resumable upload."""
        bucket = self._bucket(http, "storage.objects.create").name
        kind, raw = http.query.get("uploadType"), await http.read()
        if kind == "resumable":
            return self._begin(http, bucket, raw)
        fields: dict[str, Any] = {"contentType": http.content_type}
        if kind == "multipart":
            parts = parts_of(http.headers.get("Content-Type", ""), raw)
            if parts is None:
                raise Denied(400, "badRequest", "Missing end boundary in multipart body.")
            fields, raw = parts
        name = fields.get("name") or http.query.get("name")
        if not name:
            raise Denied(400, "required", "Required parameter: name")
        return self._stored(http, bucket, str(name), raw, fields)

    def _begin(self, http: web.Request, bucket: str, raw: bytes) -> web.Response:
        fields = decoded(raw)
        name = fields.get("name") or http.query.get("name")
        if not name:
            raise Denied(400, "required", "Required parameter: name")
        self._expected(http, bucket, str(name))
        kind = http.headers.get("X-Upload-Content-Type", "application/octet-stream")
        key = secrets.token_urlsafe(24)
        self._uploads[key] = Upload(bucket, str(name), {"contentType": kind, **fields})
        place = http.url.with_query(uploadType="resumable", upload_id=key)
        return web.Response(headers={**SIGN, "Location": str(place), "X-GUploader-UploadID": key})

    async def resume(self, http: web.Request) -> web.Response:
        """``PUT /upload/…?upload_id=``: the next piece of a resumable upload."""
        key = http.query.get("upload_id", "")
        upload = self._uploads.get(key)
        if upload is None:
            raise Denied(404, "notFound", "No such upload.")
        if not received(upload, http.headers.get("Content-Range"), await http.read()):
            headers = {**SIGN}
            if upload.data:
                headers["Range"] = f"bytes=0-{len(upload.data) - 1}"
            return web.Response(status=308, headers=headers)
        del self._uploads[key]
        return self._stored(http, upload.bucket, upload.name, bytes(upload.data), upload.fields)

    async def abandon(self, http: web.Request) -> web.Response:
        """``DELETE /upload/…?upload_id=``: give an upload up."""
        self._uploads.pop(http.query.get("upload_id", ""), None)
        return web.Response(status=499, headers=SIGN)

    def _stored(
        self, http: web.Request, bucket: str, name: str, data: bytes, fields: object
    ) -> web.Response:
        self._expected(http, bucket, name)
        kept = fields if isinstance(fields, dict) else {}
        return answer(object_json(bucket, self._store.put(bucket, name, data, kept)))

    def _expected(self, http: web.Request, bucket: str, name: str) -> None:
        """Refuse to write where ``ifGenerationMatch`` names another generation."""
        wanted = http.query.get("ifGenerationMatch")
        found = self._store.bucket(bucket).objects.get(name)
        if wanted is not None and wanted != str(found.generation if found else 0):
            message = "At least one of the pre-conditions you specified did not hold."
            raise Denied(412, "conditionNotMet", message)

    def _bucket(self, http: web.Request, permission: str) -> Bucket:
        name = http.match_info["bucket"]
        if name == FORBIDDEN:
            raise forbidden(permission, name)
        return self._store.bucket(name)

    def _object(self, http: web.Request, permission: str) -> Object:
        return self._store.get(self._bucket(http, permission).name, http.match_info["object"])


async def _json(http: web.Request) -> dict[str, Any]:
    return decoded(await http.read())


def _page_size(text: str | None) -> int:
    if text and not (text.isascii() and text.isdigit()):
        raise Denied(400, "invalid", f"Invalid value for maxResults: {text}")
    return min(int(text or 0) or _LARGEST_PAGE, _LARGEST_PAGE)
