"""`/metrics`, `/healthz` and `/readyz`, in a thread of their own, up before anything is recovered."""

import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from linewatch.config.errors import UnusableInput
from linewatch.stream.metrics import Metrics

STUCK_S = 60.0


class Progress:
    """Whether work goes on: there is a lag and nothing has moved for long means that it does not."""

    def __init__(self) -> None:
        self._moved = time.monotonic()
        self._behind: Callable[[], bool] = lambda: False
        self.ready: Callable[[], str] = lambda: "starting"

    def watch(self, behind: Callable[[], bool], ready: Callable[[], str]) -> None:
        """`behind` says whether there is a lag; `ready` gives the empty text, or what is missing."""
        self._behind, self.ready = behind, ready

    def moved(self) -> None:
        """Something was worked off."""
        self._moved = time.monotonic()

    def healthy(self) -> bool:
        """False when there is a lag and nothing has moved for `STUCK_S`."""
        return time.monotonic() - self._moved < STUCK_S or not self._behind()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """No line a request."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(host: str, port: int, metrics: Metrics, progress: Progress) -> tuple[str, Callable[[], None]]:
    """Start serving; returns the address of `/metrics` and what stops it."""
    exposition = make_wsgi_app(metrics.registry)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/metrics":
            return exposition(environ, start)  # type: ignore[no-any-return, unused-ignore]
        if path == "/healthz":
            missing = "" if progress.healthy() else "there is a lag and nothing has moved for a minute"
        elif path == "/readyz":
            missing = progress.ready()
        else:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"/metrics, /healthz, /readyz\n"]
        start("503 Service Unavailable" if missing else "200 OK", [("Content-Type", "text/plain")])
        return [(missing or "ok").encode() + b"\n"]

    try:
        server = make_server(host, port, application, _Server, _Quiet)
    except OSError as error:
        raise UnusableInput(f"cannot serve metrics on {host}:{port}: {error.strerror}; mend [metrics]") from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return f"http://{host}:{server.server_port}/metrics", server.shutdown
