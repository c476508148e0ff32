"""A file by URL: over https alone, bounded, held to its hash. The server is on loopback."""

from __future__ import annotations

import hashlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from llmeval.cases.published.fetching import check_digest, fetch, is_url, shown_url
from llmeval.errors import InfrastructureError, UsageError

BODY = b'{"a": 1}\n' * 1_000
x509 = pytest.importorskip("cryptography.x509", reason="makes the test server's certificate")


class Server(NamedTuple):
    url: str
    trust: ssl.SSLContext
    asked: list[str]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        to = {"/away.jsonl": "http://127.0.0.1:1/a.jsonl", "/moved.jsonl": "/a.jsonl?token=s3cret"}
        if self.path in to:
            self.send_response(302)
            self.send_header("Location", to[self.path])
            self.end_headers()
        elif self.path.startswith("/a.jsonl"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BODY)
        elif self.path == "/cut.jsonl":
            self.send_response(200)
            self.send_header("Content-Length", str(10 * len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)
        else:
            self.send_error(404)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.asked = []  # type: ignore[attr-defined]
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = make_certificate(folder)
    serving.load_cert_chain(certificate)
    httpd.socket = serving.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    trust = ssl.create_default_context(cafile=str(certificate))
    port = httpd.server_address[1]
    yield Server(f"https://127.0.0.1:{port}", trust, httpd.asked)  # type: ignore[attr-defined]
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def make_certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that signs itself; return the file."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path


def test_a_file_is_fetched_under_its_name(server: Server, tmp_path: Path) -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    path = fetch(f"{server.url}/a.jsonl", tmp_path, sha256=digest.upper(), trust=server.trust)
    assert path == tmp_path / "a.jsonl" and path.read_bytes() == BODY


def test_another_file_than_the_one_meant_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{hashlib.sha256(BODY).hexdigest()}, not {'0' * 64}"):
        fetch(f"{server.url}/a.jsonl", tmp_path, sha256="0" * 64, trust=server.trust)


def test_a_redirection_is_followed_to_https_alone(server: Server, tmp_path: Path) -> None:
    assert fetch(f"{server.url}/moved.jsonl", tmp_path, trust=server.trust).read_bytes() == BODY
    with pytest.raises(
        UsageError, match=r"http://127\.0\.0\.1/a\.jsonl: redirected away from https"
    ):
        fetch(f"{server.url}/away.jsonl", tmp_path, trust=server.trust)


def test_a_file_that_is_too_large_is_given_up_on_the_way(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"more than 100 bytes; --max-bytes allows more"):
        fetch(f"{server.url}/a.jsonl", tmp_path, largest=100, trust=server.trust)


def test_a_server_that_only_drips_is_given_up(server: Server, tmp_path: Path) -> None:
    times = iter([0.0, 601.0, 602.0])
    with pytest.raises(InfrastructureError, match="comes too slowly"):
        fetch(f"{server.url}/a.jsonl", tmp_path, trust=server.trust, clock=lambda: next(times))


@pytest.mark.parametrize(
    ("path", "said"), [("/none.jsonl", "said 404"), ("/cut.jsonl", "broke off")]
)
def test_what_the_server_lacks_or_cuts_is_said(
    path: str, said: str, server: Server, tmp_path: Path
) -> None:
    with pytest.raises(InfrastructureError, match=said):
        fetch(f"{server.url}{path}", tmp_path, trust=server.trust)


def test_a_server_that_is_not_trusted_is_not_read(server: Server, tmp_path: Path) -> None:
    before = len(server.asked)
    with pytest.raises(InfrastructureError, match=r"cannot be fetched: .*certificate"):
        fetch(f"{server.url}/a.jsonl", tmp_path)
    assert len(server.asked) == before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/a.jsonl", "over https alone"),
        ("file:///etc/passwd", "over https alone"),
        ("ftp://example.org/a.jsonl", "over https alone"),
        ("https://me:s3cret@example.org/a.jsonl", "user name or password"),
        ("https://example.org/", "must end in the published file's name"),
        ("https://example.org/..", "must end in the published file's name"),
        ("https://example.org/a%2F..%2F.bashrc", "must end in the published file's name"),
        ("https:///a.jsonl", "must end in the published file's name"),
    ],
)
def test_other_urls_are_refused_before_any_connection(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        fetch(url, tmp_path)
    assert "s3cret" not in str(caught.value)


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="cannot be fetched") as caught:
        fetch("https://127.0.0.1:1/a.jsonl?token=s3cret", tmp_path)
    assert "s3cret" not in str(caught.value)


def test_a_url_is_told_from_a_path() -> None:
    assert is_url("https://x/y") and is_url("file:///x") and is_url("S3://x")
    assert not is_url("data/x.jsonl") and not is_url("C:/x") and not is_url("bbq:x")
    assert shown_url("https://u:p@h:8/x?q=1#f") == "https://h/x"


def test_a_digest_of_a_local_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    check_digest(path, None, "x")
    check_digest(path, hashlib.sha256(b"x").hexdigest(), "x")
    with pytest.raises(UsageError, match="not the file that was meant"):
        check_digest(path, "ab", "x")
