"""A proxy on loopback that writes down what it passes on."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Recorded:
    """A request as it came: ``target`` is path and query, ``body`` decoded JSON or ``None``."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


class RecordingProxy:
    """``root`` is where clients go; ``sent`` returns what they sent since it was last asked."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._seen: list[Recorded] = []

    def add(self, recorded: Recorded) -> None:
        self._seen.append(recorded)

    def sent(self, method: str = "POST") -> list[Recorded]:
        seen, self._seen = self._seen, []
        return [recorded for recorded in seen if recorded.method == method]


@contextlib.contextmanager
def recording_proxy(behind: str) -> Iterator[RecordingProxy]:
    """Pass everything on to the server at ``behind`` (``http://127.0.0.1:PORT``)."""
    address = behind.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(data) if data else None
            proxy.add(Recorded(self.command, self.path, headers, body))
            asking = http.client.HTTPConnection(address, timeout=10)
            asking.request(self.command, self.path, data, {"Content-Type": "application/json"})
            answer = asking.getresponse()
            told = answer.read()
            asking.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = RecordingProxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
