"""The log file keeps the newest lines and stays within its bound."""

from pathlib import Path

from trellis.logfile import BoundedLog


def test_rotates_at_the_bound_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "router.log"
    with BoundedLog(path, max_bytes=100, tail_lines=3) as log:
        for number in range(100):
            log.write(f"line {number:03}\n".encode())
    kept = (path.with_name("router.log.1").read_text() + path.read_text()).splitlines()
    assert kept == [f"line {number:03}" for number in range(100 - len(kept), 100)]
    assert path.stat().st_size <= 100
    assert path.with_name("router.log.1").stat().st_size <= 100
    assert log.tail == ["line 097", "line 098", "line 099"]


def test_appends_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    for line in (b"first", b"second"):
        with BoundedLog(path) as log:
            log.write(line)
    assert path.read_text() == "first\nsecond\n"
