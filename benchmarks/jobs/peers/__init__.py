"""The programs of the peers. Each runs in a virtual environment of its own, made from `requirements/`."""
