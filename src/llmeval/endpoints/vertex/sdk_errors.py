"""What Google's clients raise, in plain words: what is wrong, and the command that mends it."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from llmeval.endpoints.text import printable
from llmeval.endpoints.vertex.accounts import LOGIN
from llmeval.endpoints.vertex.advice import advice
from llmeval.endpoints.vertex.references import Place, is_loopback
from llmeval.errors import EndpointDown, InfrastructureError, LlmevalError, UsageError
from llmeval.records import CallFailure

__all__ = ["in_plain_words", "words_of"]

_KINDS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "quota_project"}
_LONGEST = 400


@contextlib.contextmanager
def in_plain_words(
    doing: str, place: Place, root: str, bucket: str | None = None
) -> Iterator[None]:
    """Turn what Google's clients raise within into an error of ours.

    ``doing`` is what failed, as a phrase ("cannot submit the batch job"); ``root`` the address that
    was called; ``bucket`` the one that was used, if it was Cloud Storage.

    Raises ``UsageError`` where what was named is missing or wrong, ``EndpointDown`` where nobody
    answers or knows us, else ``InfrastructureError``.
    """
    try:
        yield
    except _raised() as error:
        raise _explained(_cause(error), doing, place, root, bucket) from None


def words_of(error: BaseException) -> str:
    """Return the server's own message where there is one, else the error's, on one line.

    The address that was called is left out: that of an upload lets anybody write to it.
    """
    said = _server_words(getattr(error, "response", None))
    if not said and not hasattr(error, "code") and _status(error):
        said = f"the server answered {_status(error)}"  # what storage raises knows no more
    if not said:
        said = str(error.args[0] if error.args else type(error).__name__)
    return printable(said, limit=_LONGEST)


def _raised() -> tuple[type[Exception], ...]:
    """The roots of all that these clients raise; storage's only where storage is used."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    found: list[type[Exception]] = [GoogleAPIError, GoogleAuthError, RequestException]
    if "google.cloud.storage" in sys.modules:
        from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

        found += [DataCorruption, InvalidResponse]
    return tuple(found)


def _cause(error: BaseException) -> BaseException:
    """Look behind an error that only says that it was tried again, in vain."""
    from google.api_core.exceptions import RetryError

    cause = error.cause if isinstance(error, RetryError) else None
    return error if cause is None else cause


def _explained(
    error: BaseException, doing: str, place: Place, root: str, bucket: str | None
) -> LlmevalError:
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    words = words_of(error)
    if isinstance(error, GoogleAuthError):
        return EndpointDown(f"{doing}: Google gives no access token ({words}). Log in: {LOGIN}")
    if isinstance(error, RequestException):
        todo = "Start the emulator: llmeval serve" if is_loopback(root) else "Is the network up?"
        host = urlsplit(root).netloc
        return EndpointDown(f"{doing}: {host} cannot be reached ({type(error).__name__}). {todo}")
    status = _status(error)
    todo = _todo(error, status, words, place, root, bucket)
    message = f"{doing}: {words.rstrip('.')}." + (f" {todo}" if todo else "")
    kind: type[LlmevalError] = InfrastructureError
    if status in (400, 404, 409, 412):
        kind = UsageError
    elif status == 401:
        kind = EndpointDown
    return kind(message)


def _todo(
    error: BaseException, status: int, words: str, place: Place, root: str, bucket: str | None
) -> str:
    project, where = shlex.quote(place.project), f"gs://{bucket}"
    if bucket is not None and status == 404:
        return (
            f"Make the bucket: gcloud storage buckets create {where} --project={project} "
            f"--location={place.location}"
        )
    if bucket is not None and status == 403:
        return (
            f"Let yourself in: gcloud storage buckets add-iam-policy-binding {where} "
            f"--member=user:YOU --role=roles/storage.objectUser"
        )
    if status == 404:
        return f"Is it in another region than {place.location}, or in another project?"
    reason = getattr(error, "reason", None)
    details = [d for d in getattr(error, "details", None) or () if isinstance(d, dict)]
    failure = CallFailure(_KINDS.get(status, "other"), words, status, None, reason, details)
    return advice(failure, place, root)


def _status(error: BaseException) -> int:
    code = getattr(error, "code", None)
    if code is None:
        code = getattr(getattr(error, "response", None), "status_code", None)
    return int(code) if isinstance(code, int) else 0


def _server_words(response: Any) -> str:
    """Return the message within an answer's error object, empty where there is none."""
    try:
        body = response.json()
    except (AttributeError, ValueError, RecursionError):
        return ""
    body = body[0] if isinstance(body, list) and body else body
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("message") or "") if isinstance(error, dict) else ""
