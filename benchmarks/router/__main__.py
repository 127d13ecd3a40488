"""The router beside its peers: `python -m benchmarks.router`, `--help` for what can be chosen.

Every gateway gets the same supergraph, the same subgraphs and the same requests in the same run, in turns. What is
compared first is the processor time of the whole gateway, which other work on the machine disturbs least. Needs node
and npm for the peers, whose packages are installed once, into `--cache`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import msgspec
import uvloop

from benchmarks.options import names, peers_parser
from benchmarks.report import machine, save
from benchmarks.router import alike, shop
from benchmarks.router.floor import Exchange
from benchmarks.router.gateways import OURS, PEERS, Gateway, install
from benchmarks.router.load import Client, WrongAnswerError
from benchmarks.router.rows import ROWS, Effort, Measured, Row, Steady
from benchmarks.router.running import Server, module
from benchmarks.router.subgraphs import Call
from benchmarks.router.table import FLOOR, row_table
from router.composition.compose import compose
from router.composition.subgraph import SubgraphSource
from tests.support.ports import free_port

_QUICK = Effort(rounds=2, seconds=1.0, planned=3)
_WHOLE = Effort(rounds=5, seconds=4.0, planned=6)
_SDLS = {"shop": shop.SDLS, "alike": alike.SDLS}
_DELAY = 0.2
"""Seconds by which a recorded call is answered late; all else of a call takes a fraction of it."""


async def run_row(row: Row, gateways: Mapping[Gateway, Path], effort: Effort, home: Path) -> list[Measured]:
    """The figures of every gateway in one row."""
    async with AsyncExitStack() as stack:
        port = free_port()
        command = module("benchmarks.router.subgraphs", row.graph, "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        probe = f"{url}/{next(iter(_SDLS[row.graph]))}"
        await stack.enter_async_context(Server("subgraphs", command, probe, home / "subgraphs.log"))
        supergraph = home / f"{row.graph}.graphql"
        sources = [SubgraphSource(name, f"{url}/{name}", sdl) for name, sdl in _SDLS[row.graph].items()]
        supergraph.write_text(compose(sources).sdl, encoding="utf-8")
        servers: dict[str, Server] = {}
        exchanges: dict[str, Exchange] = {}
        for gateway, folder in gateways.items():
            server = await stack.enter_async_context(_serving(gateway, folder, supergraph, home))
            servers[gateway.title] = server
            exchanges[gateway.title] = await record(row.body, server, url)
        _check_same(exchanges)
        if isinstance(row, Steady):
            exchanges[FLOOR] = exchanges[OURS.title]
            servers[FLOOR] = await stack.enter_async_context(_floor(exchanges[FLOOR], home))
        for server in servers.values():
            await row.warm(server, effort)
        measured = {name: Measured(name, _calls(exchanges[name])) for name in servers}
        for round_ in range(effort.rounds):
            for name, server in servers.items():
                await row.measure(server, measured[name], effort, round_)
    return list(measured.values())


def _check_same(exchanges: Mapping[str, Exchange]) -> None:
    """Raises WrongAnswerError where a gateway's data are not those of the first."""
    first: object = None
    for name, exchange in exchanges.items():
        data = msgspec.json.decode(exchange.response)["data"]
        if first is not None and data != first:
            raise WrongAnswerError(f"{name} does not answer like {next(iter(exchanges))}")
        first = data


def _serving(gateway: Gateway, folder: Path, supergraph: Path, home: Path) -> Server:
    port = free_port()
    log = home / f"{gateway.name.replace(' ', '-')}.log"
    command = gateway.command(folder, supergraph, port)
    return Server(gateway.title, command, f"http://127.0.0.1:{port}/graphql", log, gateway.environment)


def _floor(exchange: Exchange, home: Path) -> Server:
    calls, port = home / "calls.json", free_port()
    calls.write_bytes(msgspec.json.encode(exchange))
    command = module("benchmarks.router.floor", calls, "--port", str(port))
    return Server(FLOOR, command, f"http://127.0.0.1:{port}/graphql", home / "floor.log")


async def record(body: bytes, server: Server, subgraphs_url: str) -> Exchange:
    """What a gateway asks of the subgraphs, and what it answers, for one request."""
    async with Client(server.url) as client, aiohttp.ClientSession() as session:
        await client.data(body)  # planned, and every answer of the subgraphs computed
        async with session.post(f"{subgraphs_url}/recording", data=str(_DELAY)) as response:
            await response.read()
        answer = await client.post(body)
        async with session.get(f"{subgraphs_url}/recording") as response:
            levels = msgspec.json.decode(await response.read(), type=list[list[Call]])
    return Exchange(subgraphs_url, levels, answer.decode())


def _calls(exchange: Exchange) -> str:
    calls, size = sum(map(len, exchange.levels)), len(exchange.response)
    volume = f"{size:,} B" if size < 10_000 else f"{size / 1000:,.0f} KB"
    return f"{calls} in {len(exchange.levels)} levels, {volume}"


async def run(arguments: argparse.Namespace) -> None:
    """Measures the rows that were asked for and prints each as it is finished."""
    effort = _QUICK if arguments.quick else _WHOLE
    chosen = [OURS, *(PEERS[name] for name in arguments.peers)]
    gateways = {gateway: install(gateway, arguments.cache) for gateway in chosen}
    about = machine()
    print(f"Measured by `python -m benchmarks.router` on {about}; medians and ranges of {effort.rounds} rounds.")
    told = []
    with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as home:
        for letter in arguments.rows:
            measured = await run_row(ROWS[letter], gateways, effort, Path(home))
            print(f"\n{row_table(ROWS[letter], measured)}", flush=True)
            told.append({"row": letter, "gateways": {one.name: one.values for one in measured}})
    save(arguments, machine=about, rows=told)


def main() -> None:
    """Parses the command line and measures."""
    options = peers_parser("The router beside its peers.")
    options.add_argument("--rows", type=names(list(ROWS)), default=list(ROWS), help="e.g. a,b; all by default")
    options.add_argument("--peers", type=names(list(PEERS)), default=list(PEERS), help="e.g. apollo; all by default")
    uvloop.run(run(options.parse_args()))


if __name__ == "__main__":
    main()
