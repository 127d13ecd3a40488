"""What an import tells when it is over."""

from __future__ import annotations

from collections import Counter

import msgspec

from shared_models.orders.importing.invoices import Rejection
from shared_models.orders.importing.progress import ImportProgress, Tally
from shared_models.orders.state import OrderStatus


class Summary(msgspec.Struct, frozen=True):
    """A file's import: where it stands, and each line that was not kept. `str()` prints it."""

    file: str
    is_new: bool
    progress: ImportProgress
    rejections: list[Rejection]

    @property
    def succeeded(self) -> bool:
        """Whether the mesh gave nothing up. Lines that were not kept are no failure: they are reported."""
        return not self.progress.failed

    def __str__(self) -> str:
        at = self.progress
        title = f"{self.file}: {'imported' if at.finished else 'being imported'}"
        lines = [
            title if self.is_new else f"{title} (this file was imported before: what is there stays)",
            f"  {'invoices':<21} {at.invoices:>6}   {at.sales} sales, {at.cancellations} cancellations",
            *(_row(f"orders {_word(status)}", tally) for status, tally in sorted(at.orders.items())),
            _row("refunds", at.refunds),
            _row("credits", at.credits),
            f"  {'nothing to keep':<21} {at.empty:>6}   invoices of which no line could be kept",
            *(f"  {'FAILED':<21} {number}: {why}" for number, why in at.failed),
        ]
        return "\n".join([*lines, *self._rejected()])

    def _rejected(self) -> list[str]:
        codes = Counter(rejection.code.value for rejection in self.rejections)
        counted = ", ".join(f"{count} {code}" for code, count in codes.most_common())
        lines = [f"  {'lines not kept':<21} {len(self.rejections):>6}   {counted}".rstrip()]
        if self.rejections:
            lines.append(f"  {'line':>8}  {'code':<16}  reason")
        return lines + [f"  {r.line:>8}  {r.code.value:<16}  {r.reason}" for r in self.rejections]


def _row(name: str, tally: Tally) -> str:
    return f"  {name:<21} {tally.count:>6}   {tally.pence / 100:,.2f} GBP"


def _word(status: OrderStatus) -> str:
    return status.value.lower().replace("_", " ")
