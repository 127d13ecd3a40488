"""How an actor ends, other than well: raise one of these, or any other exception to be tried again with back-off."""


class Snooze(Exception):
    """Not yet: run again in `seconds`, a day at most, without counting an attempt."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        super().__init__(reason or f"snoozed for {seconds} s")
        self.seconds = seconds


class RetryAfter(Exception):
    """Failed, and whoever refused said when to come back: counts an attempt, waits at least `seconds`.

    A day at most: what the other side has said, it may have said in error.
    """

    code = "RETRY_AFTER"

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Discard(Exception):
    """Never: straight to the dead letters, with the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class LeaseLost(Exception):
    """The job is somebody else's by now: whatever this attempt did is rolled back, and nothing is recorded."""


class TimeLimitExceeded(TimeoutError):
    """The attempt took longer than it may. The mesh raises it; a job's `Retry.by_error` may name it."""

    code = "TIME_LIMIT_EXCEEDED"
