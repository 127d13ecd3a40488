"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from trellis.home import DEFAULT_HOME

Home = Annotated[Path, typer.Option(readable=False, help="Directory of all state of `trellis up`.")]
Port = Annotated[int, typer.Option(help="Port to listen on, on 127.0.0.1 unless --host says otherwise.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]

HOME = DEFAULT_HOME
HOST = "127.0.0.1"
