"""`python -m trellis` is the command `trellis`."""

import sys

from trellis.cli import main

sys.exit(main())
