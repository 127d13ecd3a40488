"""Where a job can be: said apart from the tables, since those who only speak of jobs need no database."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a job is; the last three are terminal."""

    BLOCKED = "blocked"  # until the batch that it awaits has ended
    QUEUED = "queued"
    DISPATCHED = "dispatched"  # in Redis, or popped from it
    RUNNING = "running"  # started by a worker
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended."""
        return self in (JobState.DONE, JobState.DEAD, JobState.CANCELLED)
