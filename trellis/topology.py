"""What `trellis up` runs: servers, tasks and roles, where they listen, and what each is told."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from shared_models.accounts.seed import DEMO_PLATFORM, demo_tenant_id
from shared_models.kernel.identity import AUDIENCE, ISSUER
from shared_models.kernel.secrets import derive
from trellis.domains import DOMAINS, PORTS
from trellis.embedded.postgres import EmbeddedPostgres
from trellis.embedded.server import EmbeddedServer
from trellis.embedded.valkey import EmbeddedValkey
from trellis.home import leave_environment
from trellis.launcher.errors import HomeNotWritableError
from trellis.launcher.launch import Plan
from trellis.launcher.role import Role

_ENTRY = "trellis.cli:main"

_SHOPIFY_DEMO = "shpss_trellis_demo"

#: What roles import anyway, imported once for all of them.
_PRELOAD = (
    "aiohttp",
    "dramatiq",
    "litestar",
    "msgspec",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk.trace",
    "psycopg",
    "pydantic_settings",
    "redis.asyncio",
    "sentry_sdk",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.ext.asyncio",
    "strawberry.federation",
    "structlog",
    "typer",
    "uvicorn",
    "uvloop",
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of a local run, from the one of the router."""

    router: int

    def subgraph(self, domain: str) -> int:
        """Subgraphs follow the router, each in its own place."""
        return self.router + PORTS[domain]

    def worker(self, number: int) -> int:
        """Health of the worker processes."""
        return self.router + 20 + number

    @property
    def relay(self) -> int:
        """Health of the relay."""
        return self.router + 30

    @property
    def stripe(self) -> int:
        """The Stripe sandbox."""
        return self.router + 40

    @property
    def postgres(self) -> int:
        """The embedded PostgreSQL."""
        return self.router + 50

    @property
    def valkey(self) -> int:
        """The embedded Valkey."""
        return self.router + 51

    @property
    def dashboard(self) -> int:
        """OTLP in, and the trace dashboard."""
        return self.router + 318


@dataclass(frozen=True, slots=True)
class LocalRun:
    """A run of everything on this machine, with all state in `home`. `given` is the operator's environment."""

    home: Path
    ports: Ports
    workers: int
    given: Mapping[str, str]

    def plan(self) -> Plan:
        """Servers that the operator has not named elsewhere, then migrate and seed, then every role."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            _secret_of(self.home)
        except OSError as error:
            raise HomeNotWritableError(self.home, error.strerror or "no reason given") from error
        servers, environment = self._servers(), self.environment()
        return Plan(
            home=self.home,
            roles=[replace(role, env=environment) for role in self._roles(servers)],
            servers=servers,
            preload=_PRELOAD,
            prepare=self._leave_word,
        )

    def environment(self) -> dict[str, str]:
        """The settings of every role. What the operator has set stands; the rest is local."""
        secret = self.given.get("TRELLIS_SECRET") or _secret_of(self.home)
        local = {
            "TRELLIS_SECRET": secret,
            "TRELLIS_JWKS_URL": f"http://127.0.0.1:{self.ports.subgraph('accounts')}/.well-known/jwks.json",
            "TRELLIS_JWT_ISSUER": ISSUER,
            "TRELLIS_JWT_AUDIENCE": AUDIENCE,
            "TRELLIS_SHOPIFY_DEFAULT_TENANT_ID": str(demo_tenant_id("standard")),
            "TRELLIS_SUBGRAPHS": str(self.home / "subgraphs.json"),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.ports.dashboard}",
        }
        if "TRELLIS_DATABASE_URL" not in self.given:
            # The secret is known to everybody who reads the README: only for data that is nobody's.
            # So is the password of the demo platform's owner.
            local |= {
                "TRELLIS_DATABASE_URL": self._postgres().url,
                "TRELLIS_SHOPIFY_SECRET": _SHOPIFY_DEMO,
                "TRELLIS_PLATFORM_TENANT_ID": str(demo_tenant_id(DEMO_PLATFORM)),
            }
        if "TRELLIS_REDIS_URL" not in self.given:
            local["TRELLIS_REDIS_URL"] = self._valkey().url
        if self._sandboxed:
            local |= {
                "TRELLIS_STRIPE_API_BASE": f"http://127.0.0.1:{self.ports.stripe}",
                "TRELLIS_STRIPE_WEBHOOK_SECRET": f"whsec_{derive(secret, 'stripe-webhook')}",
                "TRELLIS_STRIPE_SANDBOX_PORT": str(self.ports.stripe),
                "TRELLIS_STRIPE_SANDBOX_DATABASE": str(self.home / "stripe.sqlite"),
                "TRELLIS_STRIPE_SANDBOX_WEBHOOK_URL": (
                    f"http://127.0.0.1:{self.ports.subgraph('billing')}/webhooks/stripe"
                ),
            }
        return {name: value for name, value in local.items() if name not in self.given}

    def _leave_word(self) -> None:
        """What the router composes, and what other commands need in order to speak to this run."""
        subgraphs = [{"name": name, "url": f"http://127.0.0.1:{self.ports.subgraph(name)}/graphql"} for name in DOMAINS]
        (self.home / "subgraphs.json").write_text(json.dumps(subgraphs, indent=2))
        given = {name: value for name, value in self.given.items() if name.startswith("TRELLIS_")}
        leave_environment(self.home, self.environment() | given)

    @property
    def _sandboxed(self) -> bool:
        """Payments go to the sandbox unless the operator names a Stripe account."""
        return "TRELLIS_STRIPE_API_KEY" not in self.given

    def _servers(self) -> dict[str, EmbeddedServer]:
        servers: dict[str, EmbeddedServer] = {}
        if "TRELLIS_DATABASE_URL" not in self.given:
            servers["postgres"] = self._postgres()
        if "TRELLIS_REDIS_URL" not in self.given:
            servers["valkey"] = self._valkey()
        return servers

    def _postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.home / "postgres", self.ports.postgres)

    def _valkey(self) -> EmbeddedValkey:
        return EmbeddedValkey(self.home / "valkey", self.ports.valkey)

    def _roles(self, servers: Mapping[str, EmbeddedServer]) -> list[Role]:
        base, data = tuple(servers), ("migrate",)
        roles = [
            self._task("migrate", after=base),
            self._task("seed", after=data),
            self._role("dashboard", "observe", self.ports.dashboard),
            *(self._role(domain, "serve", self.ports.subgraph(domain), domain, after=data) for domain in DOMAINS),
            self._role("relay", "relay", self.ports.relay, after=data),
            *(
                self._role(f"worker-{number + 1}", "work", self.ports.worker(number), after=data)
                for number in range(self.workers)
            ),
            self._role("router", "route", self.ports.router),
        ]
        if self._sandboxed:
            roles.append(self._role("stripe-sandbox", "stripe-sandbox", self.ports.stripe))
        return roles

    def _role(self, name: str, command: str, port: int, *args: str, after: tuple[str, ...] = ()) -> Role:
        return Role(
            name=name,
            entry=_ENTRY,
            args=(command, *args, "--port", str(port)),
            health_url=f"http://127.0.0.1:{port}/health/ready",
            after=after,
        )

    def _task(self, name: str, after: tuple[str, ...]) -> Role:
        return Role(name=name, entry=_ENTRY, args=(name,), once=True, after=after)


def _secret_of(home: Path) -> str:
    """The master secret of this home, made at the first start and readable by its owner alone."""
    path = home / "secret"
    if not path.exists():
        # Written beside its place: a start that is cut short leaves no empty secret.
        draft = home / "secret.new"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        draft.rename(path)
    return path.read_text().strip()
