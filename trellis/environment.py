"""Every setting of every role is an environment variable; one that none of them knows is refused.

A misspelt setting would otherwise be silently without effect.
"""

import difflib
import importlib
import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings

from observability.settings import DashboardSettings, ObservabilitySettings
from router.settings import RouterSettings
from shared_models.kernel.settings import KernelSettings
from trellis.domains import DOMAINS
from trellis.errors import OperatorError
from trellis.sandbox.stripe.settings import StripeSandboxSettings
from workers.mesh.settings import MeshSettings

_PREFIX = "TRELLIS_"


def _of_domains() -> Iterator[type[BaseSettings]]:
    """The settings classes of `shared_models.<domain>.settings`, of each domain that has any."""
    for domain in DOMAINS:
        name = f"shared_models.{domain}.settings"
        if importlib.util.find_spec(name) is None:
            continue
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == name:
                yield value


SETTINGS: tuple[type[BaseSettings], ...] = (
    KernelSettings,
    MeshSettings,
    RouterSettings,
    ObservabilitySettings,
    DashboardSettings,
    StripeSandboxSettings,
    *_of_domains(),
)


class UnknownSettingError(OperatorError):
    """A `TRELLIS_*` variable that no role reads."""

    code: ClassVar[str] = "UNKNOWN_SETTING"


class InvalidSettingError(OperatorError):
    """A setting that is missing or whose value does not fit."""

    code: ClassVar[str] = "INVALID_SETTING"


def known_settings() -> dict[str, str]:
    """The description of each setting, by the name of its environment variable."""
    return {
        name: field.description or ""
        for settings in SETTINGS
        for key, field in settings.model_fields.items()
        for name in _names(key, field.validation_alias)
    }


def refuse_unknown(environment: Mapping[str, str] = os.environ) -> None:
    """Raises `UnknownSettingError` for the first variable that no role reads, naming the nearest that is read."""
    known = known_settings()
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; `trellis doctor` lists all settings"
            raise UnknownSettingError(f"no role reads {name}{hint}")


def refuse_invalid() -> None:
    """Reads the settings of every role as this process' environment has them; raises `pydantic.ValidationError`."""
    for settings in SETTINGS:
        settings()


def explain(error: ValidationError) -> InvalidSettingError:
    """What is wrong with the settings, in one line. Values are left out: some are secrets."""
    wrong = "; ".join(
        f"{_PREFIX}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    )
    return InvalidSettingError(wrong)


def _names(key: str, alias: object) -> Iterable[str]:
    if alias is None:
        return (f"{_PREFIX}{key.upper()}",)
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return (str(choice) for choice in choices)
