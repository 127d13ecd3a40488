"""The board finds every domain by itself."""

from shared_models.jobs.domains import installed_domains
from trellis.domains import DOMAINS


def test_the_domains_that_are_installed_are_those_of_the_deployment() -> None:
    assert set(installed_domains()) == set(DOMAINS)
