"""The rule of the house that import-linter has no contract for: a domain imports no other domain.

What `subgraphs.X`, `workers.X` and `shared_models.X` may know of another domain Y is `shared_models.Y.events`,
and only `workers.X` may. Domains are the packages below `shared_models`, so a new one is covered by being there.
"""

from __future__ import annotations

from grimp import ImportGraph
from importlinter.application import output
from importlinter.domain.contract import Contract, ContractCheck

_ROOMS = ("shared_models", "subgraphs", "workers")
_KERNEL = "kernel"


class DomainContract(Contract):
    """Fails for each import that crosses from one domain into another."""

    type_name = "domains"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Looks at every direct import between modules of different domains."""
        domains = {child.split(".")[1] for child in graph.find_children("shared_models")} - {_KERNEL}
        crossings = [
            f"{importer} imports {imported}"
            for importer in sorted(graph.modules)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if _crosses(importer, imported, domains)
        ]
        return ContractCheck(kept=not crossings, metadata={"crossings": crossings})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line per crossing."""
        for crossing in check.metadata["crossings"]:
            output.print_error(crossing)


def _crosses(importer: str, imported: str, domains: set[str]) -> bool:
    """
    >>> domains = {"orders", "catalog"}
    >>> _crosses("workers.orders", "shared_models.catalog.events", domains)
    False
    >>> _crosses("workers.orders", "shared_models.catalog.models", domains)
    True
    >>> _crosses("subgraphs.orders.types", "shared_models.catalog.events", domains)
    True
    >>> _crosses("subgraphs.orders.types", "shared_models.orders.models", domains)
    False
    """
    home, other = _domain_of(importer, domains), _domain_of(imported, domains)
    if home is None or other is None or home == other:
        return False
    return not (importer.startswith("workers.") and imported == f"shared_models.{other}.events")


def _domain_of(module: str, domains: set[str]) -> str | None:
    room, _, rest = module.partition(".")
    name = rest.partition(".")[0]
    return name if room in _ROOMS and name in domains else None
