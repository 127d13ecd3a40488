"""The enums of the kernel, as GraphQL names them."""

import strawberry

from shared_models.kernel.job_state import JobState
from shared_models.kernel.tenancy import Lane

__all__ = ["JobState", "Lane"]

strawberry.enum(JobState, description="Where a job is. DONE, DEAD and CANCELLED are the end.")
strawberry.enum(Lane, description="How urgent a job is.")
