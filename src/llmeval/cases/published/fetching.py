"""Fetching one file that the user named by URL: https alone, up to a size, held to a hash."""

from __future__ import annotations

import hashlib
import re
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from llmeval.errors import InfrastructureError, UsageError

__all__ = ["LARGEST", "check_digest", "fetch", "is_url", "shown_url"]

LARGEST: Final = 512 * 1024 * 1024
"""Bytes that are fetched by default at most."""

_SILENCE: Final = 30.0
_CHUNK: Final = 1 << 20
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


def is_url(source: str) -> bool:
    """Return whether the source is written as a URL of any scheme."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def fetch(
    url: str,
    folder: Path,
    *,
    largest: int = LARGEST,
    sha256: str | None = None,
    seconds: float = 600.0,
    trust: ssl.SSLContext | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Fetch ``url`` into ``folder`` under the last part of its path, and return that file.

    Raises ``UsageError`` for a URL that is not https, holds a password or names no file, for a
    file of more than ``largest`` bytes and for one whose SHA-256 is another;
    ``InfrastructureError`` where it cannot be fetched within ``seconds``.
    """
    target = folder / _checked(url)
    shown = shown_url(url)
    try:
        with (
            _opener(trust).open(Request(url, headers=_HEADERS), timeout=_SILENCE) as response,
            target.open("wb") as file,
        ):
            _copy(response, file, shown, largest, clock() + seconds, clock)
    except HTTPError as error:
        raise InfrastructureError(f"{shown}: the server said {error.code} {error.reason}") from None
    except URLError as error:
        raise InfrastructureError(f"{shown} cannot be fetched: {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise InfrastructureError(f"{shown} cannot be fetched: {error}") from None
    check_digest(target, sha256, shown)
    return target


def check_digest(path: Path, sha256: str | None, shown: str) -> None:
    """Raise ``UsageError`` if the file's SHA-256 is another; ``None`` accepts any."""
    if sha256 is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise UsageError(
            f"{shown} has the SHA-256 {found}, not {sha256.lower()}: it is not the file that was "
            f"meant"
        )


_HEADERS: Final = {"User-Agent": "llmeval", "Accept-Encoding": "identity"}


def _checked(url: str) -> str:
    """Return the name of the file that a URL points to."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "https":
        raise UsageError(f"{shown_url(url)}: data is fetched over https alone")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{shown_url(url)}: a URL with a user name or password is not used")
    name = PurePosixPath(unquote(parts.path)).name
    if not parts.hostname or not _NAME.fullmatch(name):
        raise UsageError(f"{shown_url(url)}: the URL must end in the published file's name")
    return name


def shown_url(url: str) -> str:
    """Return the URL without what may be secret in it: password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


class _OnlyHttps(HTTPRedirectHandler):
    """Follows a redirection only to https."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme.lower() != "https":
            raise UsageError(f"{shown_url(newurl)}: redirected away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(trust: ssl.SSLContext | None) -> OpenerDirector:
    return build_opener(_OnlyHttps(), HTTPSHandler(context=trust))


def _copy(
    response: HTTPResponse,
    file: IO[bytes],
    shown: str,
    largest: int,
    until: float,
    clock: Callable[[], float],
) -> None:
    size = 0
    while chunk := response.read1(_CHUNK):
        size += len(chunk)
        if size > largest:
            raise UsageError(
                f"{shown} has more than {largest:,} bytes; --max-bytes allows more if it is the "
                f"file that you mean"
            )
        if clock() > until:
            raise InfrastructureError(f"{shown} comes too slowly; fetch it by other means")
        file.write(chunk)
    declared = response.headers.get("Content-Length")
    if declared is not None and declared != str(size):
        raise InfrastructureError(
            f"{shown} broke off after {size:,} of {declared} bytes; try again"
        )
