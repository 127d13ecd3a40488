"""A busy port is named with the process that holds it."""

import os
import socket
from collections.abc import Callable

import pytest

from trellis.ports import PortInUseError, PortOutOfRangeError, ensure_free, holder_of


def test_free_port_passes(free_port: Callable[[], int]) -> None:
    port = free_port()
    ensure_free(port, "router")
    assert holder_of(port) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_busy_port_names_role_and_holder(address: str) -> None:
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"^PORT_IN_USE: port {port}, needed by router, is held by") as refused:
            ensure_free(port, "router")
    assert refused.value.holder is not None
    assert refused.value.holder.pid == os.getpid()


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_number_that_is_no_port(port: int) -> None:
    with pytest.raises(PortOutOfRangeError):
        ensure_free(port, "router")
