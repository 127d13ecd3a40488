"""Memory over many different operations: `python -m benchmarks.router.memory`, `--help` for what can be chosen.

Clients that never ask the same twice, as those that write values into their documents do. The router, with its
defaults, answers each; its resident memory must stay where it is once its caches are full. Exits with 1 if it does not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop

from benchmarks.options import parser
from benchmarks.report import machine, save
from benchmarks.router import shop
from benchmarks.router.gateways import OURS
from benchmarks.router.load import Client
from benchmarks.router.running import Server, module
from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from tests.support.ports import free_port

_STEP = 5_000
_FULL = 20_000
"""Operations after which every cache has long been full, and the allocator has the pieces between what comes and goes:
twenty times what the cache of operations holds by default."""

_MOST_GROWTH = 0.05
"""By which share memory may be more at the end than when the caches were full; allocators do not give all back."""

_AT_ONCE = 4
# What an operation of this number selects beside the rest: a bit each.
_FIELDS = ("price", "weight", "description", "tags", "inStock", "shippingEstimate", "maker { name }", "reviews { id }")


def operation(number: int) -> bytes:
    """The body of a request like no other: other aliases, other fields, another literal, another name."""
    chosen = " ".join(f"f{number}_{index}: {field}" for index, field in enumerate(_FIELDS) if number >> index & 1)
    include = "$more: Boolean = true" if number % 3 else "$more: Boolean = false"
    query = (
        f"query Operation{number}({include}) {{ p{number}: topProducts(first: {number % 5 + 1}) "
        f"{{ upc name {chosen} again: name @include(if: $more) }} me {{ id u{number}: username }} }}"
    )
    return msgspec.json.encode({"query": query})


async def run(count: int) -> dict[int, float]:
    """Megabytes of resident memory by how many operations were asked."""
    with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as folder:
        home, port, subgraphs = Path(folder), free_port(), free_port()
        url = f"http://127.0.0.1:{subgraphs}"
        supergraph = home / "supergraph.graphql"
        sources = [SubgraphSource(name, f"{url}/{name}", sdl) for name, sdl in shop.SDLS.items()]
        supergraph.write_text(compose(sources).sdl, encoding="utf-8")
        command = module("benchmarks.router.subgraphs", "shop", "--keep", "0", "--port", str(subgraphs))
        endpoint = f"http://127.0.0.1:{port}/graphql"
        async with (
            Server("subgraphs", command, f"{url}/accounts", home / "subgraphs.log"),
            Server(OURS.title, OURS.command(home, supergraph, port), endpoint, home / "router.log") as router,
            Client(endpoint) as client,
        ):
            return await measure(router, client, count)


async def measure(router: Server, client: Client, count: int) -> dict[int, float]:
    """Asks, and prints each step."""
    left = iter(range(count))
    resident: dict[int, float] = {}

    async def ask(numbers: Iterator[int]) -> None:
        for number in numbers:
            await client.data(operation(number))

    for asked in range(0, count, _STEP):
        step = iter([number for number, _ in zip(left, range(_STEP), strict=False)])
        await asyncio.gather(*(ask(step) for _ in range(_AT_ONCE)))
        done = min(asked + _STEP, count)
        resident[done] = router.resident
        print(f"{done:>9,} operations  {resident[done]:6.1f} MB  {router.seconds:7.1f} s of processor", flush=True)
    return resident


def growth(resident: dict[int, float]) -> float:
    """The share by which memory is more at its most than when the caches were full."""
    full = [megabytes for asked, megabytes in resident.items() if asked <= _FULL]
    return max(resident.values()) / max(full) - 1


def main() -> None:
    """Parses the command line and measures."""
    options = parser("Memory over many different operations.")
    options.add_argument("--operations", type=_at_least_full, default=100_000, help="100000 by default")
    arguments = options.parse_args()
    about = machine()
    print(f"Measured by `python -m benchmarks.router.memory` on {about}.")
    resident = uvloop.run(run(arguments.operations))
    grown = growth(resident)
    print(f"{grown:+.1%} after the first {_FULL:,}, of {_MOST_GROWTH:.0%} allowed")
    save(arguments, machine=about, megabytes=resident, growth=grown)
    if grown > _MOST_GROWTH:
        sys.exit(1)


def _at_least_full(text: str) -> int:
    count = int(text)
    if count <= _FULL:
        raise argparse.ArgumentTypeError(f"more than {_FULL}, by which the caches are full")
    return count


if __name__ == "__main__":
    main()
