"""What comes while a statement is under way goes together with the next."""

import asyncio
from collections.abc import Sequence

import pytest

from workers.mesh.gathering import MOST, Gathering


class Statements:
    """Answers with the double, once it is let; keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.let = asyncio.Event()

    async def execute(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        await self.let.wait()
        if -1 in items:
            raise ValueError("unlucky")
        return [item * 2 for item in items]


async def _begun(gathering: Gathering[int, int], items: Sequence[int]) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(gathering.result_for(item)) for item in items]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_the_first_goes_alone_and_those_behind_it_together() -> None:
    statements = Statements()
    tasks = []
    gathering = Gathering(statements.execute)
    for item in (1, 2, 3):
        tasks += await _begun(gathering, [item])
    assert statements.calls == [[1]]
    statements.let.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]
    assert statements.calls == [[1], [2, 3]]


async def test_a_statement_is_for_so_many_and_no_more() -> None:
    statements = Statements()
    gathering = Gathering(statements.execute)
    tasks = await _begun(gathering, [0])
    tasks += await _begun(gathering, range(1, MOST + 3))
    statements.let.set()
    assert await asyncio.gather(*tasks) == [number * 2 for number in range(MOST + 3)]
    assert [len(call) for call in statements.calls] == [1, MOST, 2]


async def test_a_failure_is_that_of_all_that_went_together_and_of_no_other() -> None:
    statements = Statements()
    gathering = Gathering(statements.execute)
    first = await _begun(gathering, [1])
    together = await _begun(gathering, [3, -1])
    statements.let.set()
    assert await first[0] == 2
    for task in together:
        with pytest.raises(ValueError, match="unlucky"):
            await task
    assert await gathering.result_for(4) == 8


async def test_one_that_is_broken_off_holds_up_no_other() -> None:
    statements = Statements()
    gathering = Gathering(statements.execute)
    first, second = await _begun(gathering, [1]), await _begun(gathering, [2, 3])
    first[0].cancel()
    second[0].cancel()
    await asyncio.sleep(0)
    statements.let.set()
    assert await second[1] == 6
