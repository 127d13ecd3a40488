"""What `accept` says of parts."""

from __future__ import annotations

import pytest

from router.gateway.incremental_form import IncrementalForm, incremental_form

OLD, NEW = IncrementalForm.DEFER_2022, IncrementalForm.INCREMENTAL_V02


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", None),
        ("*/*", None),
        ("multipart/*", None),
        ("application/json", None),
        ("multipart/mixed", OLD),
        ("Multipart/Mixed; DeferSpec=20220824", OLD),
        ('application/json, multipart/mixed; boundary="a,b"; deferSpec="20220824"', OLD),
        ("multipart/mixed;incrementalSpec=v0.2", NEW),
        ("multipart/mixed;incrementalSpec=v9, multipart/mixed;deferSpec=20220824", OLD),
        ("multipart/mixed;deferSpec=19990101", None),
        ("multipart/mixed;subscriptionSpec=1.0, application/json", None),
        ("multipart/mixed;q=0", None),
        ("multipart/mixed;q=0.0;deferSpec=20220824", None),
        ("multipart/mixed;" + "x" * 600, None),
    ],
)
def test_the_form(accept: str, form: IncrementalForm | None) -> None:
    assert incremental_form(accept) is form
