"""Entries of tiny roles: real processes with a real health endpoint."""

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import uuid_utils


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


def serve(args: list[str]) -> int:
    """Answers on the port ``args[0]`` until SIGTERM; says who it is and what its environment holds."""
    server = HTTPServer(("127.0.0.1", int(args[0])), _Health)
    sys.stdout.write(f"serving pid={os.getpid()} greeting={os.environ.get('GREETING')} uuid={uuid_utils.uuid7()}\n")
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    sys.stdout.write("stopped politely\n")
    return 0


def serve_stubbornly(args: list[str]) -> int:
    """Ignores SIGTERM and has a child that does, too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
    child = subprocess.Popen([sys.executable, "-c", stubborn])
    sys.stdout.write(f"grandchild={child.pid}\n")
    HTTPServer(("127.0.0.1", int(args[0])), _Health).serve_forever()
    return 0


def crash(args: list[str]) -> int:
    """Ends at once."""
    sys.stderr.write("about to give up\n")
    return int(args[0])


def blow_up(_args: list[str]) -> int:
    """Ends by an exception."""
    raise RuntimeError("boom")


def never_ready(_args: list[str]) -> int:
    """Runs and listens nowhere."""
    sys.stdout.write("still thinking\n")
    time.sleep(1000)
    return 0


def succeed(args: list[str]) -> None:
    """A task."""
    sys.stdout.write(f"migrated {args[0]}\n")
