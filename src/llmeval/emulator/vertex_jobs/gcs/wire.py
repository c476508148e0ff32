"""Cloud Storage's dialect from the server's side: its errors, its JSON of buckets and objects."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.vertex_jobs.gcs.objects import Bucket, NoObject, Object, StoreFull
from llmeval.emulator.vertex_jobs.wire import SIGN, Handler, stamp

__all__ = ["Denied", "answer", "bucket_json", "decoded", "forbidden", "guarded", "object_json"]


class Denied(Exception):
    """A request that Cloud Storage turns down, in its own error shape."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self._body = {
            "code": code,
            "message": message,
            "errors": [{"message": message, "domain": "global", "reason": reason}],
        }
        self._code = code

    def response(self) -> web.Response:
        return answer({"error": self._body}, self._code)


def guarded(handler: Handler) -> Handler:
    async def answered(http: web.Request) -> web.StreamResponse:
        try:
            return await handler(http)
        except Denied as refusal:
            return refusal.response()
        except NoObject as error:
            return Denied(404, "notFound", str(error)).response()
        except StoreFull as error:
            return Denied(403, "quotaExceeded", str(error)).response()

    return answered


def forbidden(permission: str, bucket: str) -> Denied:
    message = (
        f"emulator@llmeval.iam.gserviceaccount.com does not have {permission} access to the Google "
        f"Cloud Storage bucket. Permission '{permission}' denied on resource (or it may not exist)."
    )
    return Denied(403, "forbidden", message)


def decoded(raw: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Denied(400, "parseError", "Parse Error") from None
    if not isinstance(value, dict):
        raise Denied(400, "parseError", "Parse Error")
    return value


def answer(value: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(status=status, body=body, content_type="application/json", headers=SIGN)


def bucket_json(bucket: Bucket) -> dict[str, Any]:
    return {
        "location": "US",
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        **bucket.fields,
        "kind": "storage#bucket",
        "id": bucket.name,
        "name": bucket.name,
        "projectNumber": "123456789012",
        "metageneration": "1",
        "etag": "CAE=",
    }


def object_json(bucket: str, found: Object) -> dict[str, Any]:
    return {
        **found.fields,
        "kind": "storage#object",
        "id": f"{bucket}/{found.name}/{found.generation}",
        "bucket": bucket,
        "name": found.name,
        "generation": str(found.generation),
        "metageneration": str(found.metageneration),
        "size": str(len(found.data)),
        "md5Hash": found.md5,
        "crc32c": found.crc32c,
        "etag": f"g{found.generation}",
        "timeCreated": stamp(found.updated),
        "updated": stamp(found.updated),
        "storageClass": "STANDARD",
    }
