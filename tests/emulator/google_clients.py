"""Google's own clients, pointed at an emulator. Each is loaded by the function that makes it."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

PLACE = "projects/p/locations/us-central1"
FLASH = f"{PLACE}/publishers/google/models/gemini-2.5-flash"
TUNED = f"{PLACE}/endpoints/1001"


def credentials() -> Any:
    """Credentials that can always be refreshed: so a 401 reaches the caller as what it is."""
    from google.auth.credentials import Credentials

    class Renewable(Credentials):
        def refresh(self, request: Any) -> None:
            self.token = "renewed"

    return Renewable()


def over_rest(kind: Any, root: str) -> Any:
    """A generated client of this class over REST."""
    from google.api_core.client_options import ClientOptions

    options = ClientOptions(api_endpoint=root)
    return kind(credentials=credentials(), transport="rest", client_options=options)


def over_grpc(kind: Any, channel: Any) -> Any:
    """The same over a gRPC channel."""
    return kind(transport=kind.get_transport_class("grpc")(channel=channel))


def genai_client(root: str, location: str = "us-central1") -> Any:
    """A google-genai client for Vertex AI."""
    from google import genai
    from google.oauth2.credentials import Credentials

    return genai.Client(
        vertexai=True,
        project="p",
        location=location,
        credentials=Credentials(token="x"),
        http_options=genai.types.HttpOptions(base_url=root, timeout=10_000),
    )


def counters(root: str) -> Any:
    """What the emulator has counted."""
    with urllib.request.urlopen(f"{root}/control/counters", timeout=10) as answer:
        return json.load(answer)


def reset(root: str) -> None:
    """Let the emulator start over: equal questions then have equal answers."""
    request = urllib.request.Request(f"{root}/control/reset", method="POST")
    urllib.request.urlopen(request, timeout=10).close()


@contextlib.contextmanager
def aiplatform_for(root: str) -> Iterator[Any]:
    """``google.cloud.aiplatform`` over REST; its settings are the process's, and are put back."""
    from google.cloud import aiplatform
    from google.cloud.aiplatform.initializer import global_config

    before = dict(vars(global_config))
    aiplatform.init(
        project="p",
        location="us-central1",
        credentials=credentials(),
        api_endpoint=root,
        api_transport="rest",
    )
    try:
        yield aiplatform
    finally:
        vars(global_config).clear()
        vars(global_config).update(before)


def session_to(root: str) -> Any:
    """A session for ``Endpoint.authorized_session``: raw calls, which ignore ``api_endpoint``, and
    those to a dedicated domain, which are https, go to the emulator."""
    from google.auth.transport.requests import AuthorizedSession

    class ToTheEmulator(AuthorizedSession):
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            url = url.replace("https://us-central1-aiplatform.googleapis.com", root)
            url = url.replace("https://localhost:", "http://localhost:")
            return super().request(method, url, *args, **kwargs)

    return ToTheEmulator(credentials())
