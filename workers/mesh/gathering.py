"""One statement for many: what comes while one is under way goes together with the next.

So what comes alone is done at once, and under load the statements grow instead of their number. There is no clock in
it, and no queue of its own: whoever asks waits for the answer, so as much can wait as jobs can run.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: The most that one statement is for.
MOST = 500


class Gathering(Generic[Item, Result]):
    """Calls `execute` with all that has come meanwhile; it returns a result for each item, in their order.

    Where it fails, it has failed for each. Used on one event loop.
    """

    def __init__(self, execute: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]) -> None:
        self._execute = execute
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def result_for(self, item: Item) -> Result:
        """The result for one item."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                together = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                await self._answer(together)
        finally:
            self._working = None

    async def _answer(self, together: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._execute([item for item, _ in together])
        except Exception as error:
            for _, answer in together:
                if not answer.done():  # whoever was broken off meanwhile waits no more
                    answer.set_exception(error)
        else:
            for (_, answer), result in zip(together, results, strict=True):
                if not answer.done():
                    answer.set_result(result)
