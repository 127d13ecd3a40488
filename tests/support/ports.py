"""Free ports for the servers that tests start."""

import random
import socket
from collections.abc import Collection

#: Below those that systems give to connections that go out: no client can be given one before its server listens.
_PORTS = range(10_000, 32_000)

_given: set[int] = set()


def free_port(offsets: Collection[int] = (0,)) -> int:
    """A TCP port N of the loopback such that nobody listens on N plus any offset now. None is given twice in a run."""
    rng = random.SystemRandom()
    while True:
        base = rng.choice(_PORTS)
        ports = {base + offset for offset in offsets}
        if not ports & _given and all(map(_is_free, ports)):
            _given.update(ports)
            return base


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
