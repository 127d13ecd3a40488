"""Configuration of workers and relays."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MeshSettings(BaseSettings):
    """How wide, how long, how often."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True)

    worker_threads: int = Field(default=12, ge=1, le=256, description="Jobs that one worker process runs at once.")
    worker_niceness: int = Field(
        default=10,
        ge=0,
        le=19,
        description="How far a worker stands back for other processes of its machine, those that people wait for.",
    )
    worker_grace_seconds: float = Field(
        default=5.0, gt=0, description="How long a worker that is told to stop lets its jobs finish."
    )
    dispatch_lease_seconds: float = Field(
        default=10.0, gt=0, description="How long a dispatched job may wait for a worker before it is dispatched anew."
    )
    running_lease_seconds: float = Field(
        default=12.0, gt=0, description="How long a worker may be silent before its running jobs go to another."
    )
    job_seconds: float = Field(
        default=300.0, gt=0, description="How long one attempt at a job may take before it is broken off."
    )
    relay_lease_seconds: float = Field(
        default=3.0, gt=0, description="How long a relay leads a database without renewing its lease."
    )
    subscriber_seconds: float = Field(
        default=3600.0,
        gt=0,
        description="How long events are kept for a subscriber that the relay does not know, "
        "once no process that knows it has been seen.",
    )
    job_linger_seconds: float = Field(
        default=60.0, ge=0, description="How long a job that is done or cancelled stays beside those that are not."
    )
    job_retention_days: int = Field(
        default=14, ge=1, le=3650, description="How many days the history of jobs goes back; older days are dropped."
    )
    dead_retention_days: int = Field(
        default=30, ge=1, le=3650, description="How many days a dead letter is kept for somebody to replay it."
    )
