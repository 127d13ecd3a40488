"""How long to wait before a dead role is started again."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Doubles from ``first`` to ``longest`` seconds; begins anew after a life of ``healthy_after`` seconds."""

    first: float = 0.2
    longest: float = 10.0
    healthy_after: float = 30.0
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self._next = self.first

    def delay(self, lived: float) -> float:
        """Seconds to wait after a life of ``lived`` seconds.

        >>> backoff = Backoff()
        >>> [backoff.delay(1) for _ in range(7)], backoff.delay(31)
        ([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0], 0.2)
        """
        if lived >= self.healthy_after:
            self._next = self.first
        delay = self._next
        self._next = min(self._next * 2, self.longest)
        return delay
