"""What is done about operations that cost too much."""

from enum import StrEnum


class CostMode(StrEnum):
    """They are only counted, or refused."""

    MEASURE = "measure"
    ENFORCE = "enforce"
