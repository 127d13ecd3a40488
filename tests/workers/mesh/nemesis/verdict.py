"""What a run of the nemesis comes to: one line for people and scripts, and an exit code."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.ledger import Account

#: Of what is wrong, so much is told.
MOST_PROBLEMS = 50


def line(seed: int, account: Account) -> str:
    """The last line of a run, and all that it writes to its standard output."""
    return f"nemesis seed={seed} {account}"


def problems(account: Account) -> list[str]:
    """What is wrong, one in a line; empty if the mesh has kept its word."""
    wrong = list(account.problems)
    if not account.committed:
        wrong.append("nothing was committed, so nothing was shown")
    if account.terminal != account.committed:
        wrong.append(f"{account.committed} jobs were committed and {account.terminal} have ended")
    if account.effects == 0:
        wrong.append("nothing has had an effect, so nothing was shown")
    return wrong


def unshown(judged: Mapping[str, int]) -> list[str]:
    """Of what kinds of promises a run has shown nothing, one in a line. In a short one, chance may leave some out."""
    return [f"none was judged of: {name}" for name, number in judged.items() if not number]


def exit_code(problems: list[str]) -> int:
    """0 if the mesh has kept its word, else 1."""
    return 1 if problems else 0
