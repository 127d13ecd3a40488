"""What can be wrong with a supergraph document."""


class SupergraphError(Exception):
    """The supergraph cannot be read; `detail` says where."""

    code = "INVALID_SUPERGRAPH"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
