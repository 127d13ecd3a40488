"""Procrastinate: jobs in PostgreSQL. Jobs of dead workers are retried by a periodic task, as its guide shows."""

from procrastinate import App, JobContext, PsycopgConnector

from benchmarks.jobs.peers.work import DATABASE_URL, SLOTS, perform_async

app = App(connector=PsycopgConnector(conninfo=DATABASE_URL, max_size=SLOTS))


@app.task(name="work")
async def work(kind: str, index: int) -> None:
    """Runs one job."""
    await perform_async(kind, index)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled", pass_context=True, name="retry_stalled")
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Every minute, the shortest that cron can say."""
    del context, timestamp
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


_opened: list[bool] = []


async def put(kind: str, first: int, count: int) -> None:
    """Enqueues jobs by statements of up to a thousand rows."""
    if not _opened:
        await app.open_async()
        _opened.append(True)
    for start in range(first, first + count, 1000):
        numbers = range(start, min(start + 1000, first + count))
        await work.batch_defer_async(*({"kind": kind, "index": index} for index in numbers))
