"""The command `trellis`: one artefact, whose role is its argument."""

from trellis.cli.application import main

__all__ = ["main"]
