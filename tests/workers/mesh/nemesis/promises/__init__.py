"""What the mesh promises of jobs that have to do with one another: each kind asks for such work, and judges its end.

The ledger knows of each job by itself; these know of their order. They judge what was committed: the spans that jobs
have left within the transactions that ended them.
"""

from __future__ import annotations

from tests.workers.mesh.nemesis.customer import Customer
from tests.workers.mesh.nemesis.promises.batches import Batches
from tests.workers.mesh.nemesis.promises.cancelling import Cancelling
from tests.workers.mesh.nemesis.promises.chains import Chains
from tests.workers.mesh.nemesis.promises.concurrency import Limits
from tests.workers.mesh.nemesis.promises.ordering import Ordering
from tests.workers.mesh.nemesis.promises.promise import Promise
from tests.workers.mesh.nemesis.promises.ticking import Ticking
from tests.workers.mesh.nemesis.promises.uniqueness import Uniqueness


def weighted(customer: Customer) -> dict[Promise, int]:
    """All kinds, each with its weight in the load."""
    return {
        Batches(customer): 5,
        Chains(customer): 5,
        Ordering(customer): 6,
        Limits(customer): 6,
        Uniqueness(customer): 6,
        Cancelling(customer): 4,
        Ticking(customer): 2,
    }
