"""Google's own clients, opened for one project and region, or for an emulator on loopback.

For what is done seldom and need not be fast: batch jobs, Cloud Storage, Experiments, the Model
Registry. All of it blocks. The packages are loaded by the methods that need them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llmeval.endpoints.vertex.accounts import LOGIN
from llmeval.endpoints.vertex.credentials import SCOPE
from llmeval.endpoints.vertex.references import DEFAULT_LOCATION, Place, is_loopback
from llmeval.endpoints.vertex.sdk_errors import words_of
from llmeval.errors import ConfigError, EndpointDown, MissingExtra

__all__ = ["Sdk", "open_sdk"]


@dataclass(frozen=True, slots=True)
class Sdk:
    """Where to go, and as whom. ``api_endpoint`` is an address with its scheme."""

    place: Place
    api_endpoint: str
    credentials: Any

    @property
    def emulated(self) -> bool:
        """Whether all of Google Cloud is a server on this machine."""
        return is_loopback(self.api_endpoint)

    def jobs(self) -> Any:
        """Return a ``JobServiceClient``."""
        from google.cloud.aiplatform_v1.services.job_service import JobServiceClient

        return JobServiceClient(**self._arguments())

    def models(self) -> Any:
        """Return a ``ModelServiceClient``."""
        from google.cloud.aiplatform_v1.services.model_service import ModelServiceClient

        return ModelServiceClient(**self._arguments())

    def storage(self) -> Any:
        """Return a ``storage.Client``; it goes to the emulator where Vertex AI is one."""
        import google.cloud.storage as storage

        options = {"api_endpoint": self.api_endpoint} if self.emulated else None
        return storage.Client(
            project=self.place.project, credentials=self.credentials, client_options=options
        )

    @contextlib.contextmanager
    def aiplatform(self) -> Iterator[Any]:
        """Give ``google.cloud.aiplatform``, set to this place, and quiet.

        Its settings are the process's: they are put back afterwards, so that a program which uses
        it as well goes on as before. Its log would else be in the middle of our output.
        """
        from google.cloud import aiplatform
        from google.cloud.aiplatform import initializer

        settings, threshold = initializer.global_config, logging.root.manager.disable
        before = dict(vars(settings))
        logging.disable(max(threshold, logging.INFO))
        try:
            settings.init(
                project=self.place.project,
                location=self.place.location,
                api_endpoint=self.api_endpoint,
                api_transport="rest",
                credentials=self.credentials,
            )
            yield aiplatform
        finally:
            vars(settings).update(before)
            logging.disable(threshold)

    def _arguments(self) -> dict[str, Any]:
        return {
            "credentials": self.credentials,
            "client_options": {"api_endpoint": self.api_endpoint},
            "transport": "rest",
        }


def open_sdk(
    feature: str,
    project: str | None = None,
    location: str | None = None,
    api_endpoint: str | None = None,
) -> Sdk:
    """Return how Google Cloud is reached for ``feature`` (a word for errors).

    On loopback over http nobody asks for credentials; elsewhere they are the Application Default
    Credentials, whose project holds where none is given. The first of several locations counts.

    Raises ``MissingExtra`` without the packages, ``ConfigError`` without a project or where a token
    would go over the network in the clear, ``EndpointDown`` without credentials.
    """
    try:
        import google.cloud.aiplatform_v1  # noqa: F401 - says early that the extra is missing
    except ModuleNotFoundError:
        raise MissingExtra(feature, "vertex") from None
    region = (location or "").partition(",")[0].strip() or DEFAULT_LOCATION
    root = (api_endpoint or Place("", region).root).rstrip("/")
    if "://" not in root:
        root = f"https://{root}"
    credentials, own = _anonymous() if is_loopback(root) else _default(root)
    project = project or own
    if not project:
        raise ConfigError(
            f"{feature}: no Google Cloud project is known: give --project=ID or set "
            f"GOOGLE_CLOUD_PROJECT"
        )
    return Sdk(Place(project, region), root, credentials)


def _anonymous() -> tuple[Any, str | None]:
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials(), None  # type: ignore[no-untyped-call]


def _default(root: str) -> tuple[Any, str | None]:
    """Return the Application Default Credentials and their project."""
    import google.auth

    if not root.startswith("https://"):
        raise ConfigError(
            f"{root}: an access token would go over the network in the clear; use https://"
        )
    try:
        return google.auth.default(scopes=[SCOPE])
    except google.auth.exceptions.GoogleAuthError as error:
        raise EndpointDown(
            f"no Google Cloud credentials are found on this machine ({words_of(error)}). Log in: "
            f"{LOGIN}; or let GOOGLE_APPLICATION_CREDENTIALS name a key file"
        ) from None
