"""Linux: die with the parent process, however it dies."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process ``with_signal`` when its parent ends, even by SIGKILL.

    ``parent_pid`` is who the parent should be: when it has ended already, the signal is sent at once. Elsewhere
    than on Linux this does nothing; there the end of a pipe has to tell.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), with_signal)
