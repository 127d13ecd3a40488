"""Celery over Redis, without results; acknowledging late, as its guide advises for jobs that must not be lost."""

from celery import Celery

from benchmarks.jobs.peers.work import REDIS_URL, perform

app = Celery("benchmark", broker=REDIS_URL)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


@app.task
def work(kind: str, index: int) -> None:
    """Runs one job."""
    perform(kind, index)


async def put(kind: str, first: int, count: int) -> None:
    """Enqueues jobs over one connection."""
    with app.producer_pool.acquire(block=True) as producer:
        for index in range(first, first + count):
            work.apply_async((kind, index), producer=producer)
