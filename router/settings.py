"""The router's settings, every one an environment variable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec
from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from router.gateway.cost_mode import CostMode

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]*")
_decode_headers = msgspec.json.Decoder(dict[str, str]).decode


def _file_or_address(value: object) -> object:
    is_address = isinstance(value, str) and value.lower().startswith(("http://", "https://"))
    return AnyHttpUrl(value) if is_address and isinstance(value, str) else value


FileOrAddress = Annotated[Path | AnyHttpUrl, BeforeValidator(_file_or_address)]


class RouterSettings(BaseSettings):
    """Exactly one of `supergraph` and `subgraphs` says what to serve."""

    # Values may be secrets, or addresses with a password in them: an error does not repeat them.
    model_config = SettingsConfigDict(env_prefix="TRELLIS_", extra="ignore", hide_input_in_errors=True)

    supergraph: FileOrAddress | None = Field(
        default=None, description="A composed supergraph SDL to serve: a file, or an http(s) address."
    )
    subgraphs: Path | None = Field(
        default=None,
        description='A JSON file of subgraphs to compose: [{"name", "url", "sdl"?}], sdl being SDL or a file.',
    )
    secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="The master secret; with it every request to a subgraph is signed.",
    )
    jwks_url: str | None = Field(
        default=None,
        description="Where the keys that verify tokens are; without it tokens pass on unverified.",
    )
    jwt_issuer: str | None = Field(default=None, description="The `iss` a token must have, if any.")
    jwt_audience: str | None = Field(default=None, description="The `aud` a token must have, if any.")
    router_host: str = Field(default="127.0.0.1", description="The address the router listens on.")
    router_port: int = Field(default=4000, ge=0, le=65535, description="The port the router listens on.")
    router_trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of proxies before the router, separated by commas: of a request that comes "
        "from one of them, `x-forwarded-for` says who the client is.",
    )
    router_trust_sampling: bool = Field(
        default=False,
        description="Whether a client's `traceparent` decides if its trace is recorded; otherwise the router does.",
    )
    router_timeout: float = Field(
        default=10.0,
        gt=0,
        description="Seconds a subgraph has to answer one request, and the address of the supergraph.",
    )
    router_body_limit: int = Field(default=1024 * 1024, gt=0, description="Bytes a request may have.")
    router_header_limit: int = Field(
        default=64 * 1024, gt=0, description="Bytes the head of a request may have, its path included."
    )
    router_body_timeout: float = Field(
        default=30.0, gt=0, description="Seconds a client has to send the body of its request."
    )
    router_uploads: int = Field(
        default=100, gt=0, description="Requests with files that may be under way at once; their files are on disk."
    )
    router_uploads_per_client: int = Field(
        default=20,
        gt=0,
        description="Of these, those of one address. Behind a proxy, name it in `router_trusted_proxies`.",
    )
    router_upload_files: int = Field(
        default=10, ge=0, description="Files that a request may have, where the schema has a scalar Upload; 0: none."
    )
    router_upload_file_limit: int = Field(default=16 * 1024 * 1024, gt=0, description="Bytes that a file may have.")
    router_upload_limit: int = Field(
        default=32 * 1024 * 1024, gt=0, description="Bytes that the files of a request may have together."
    )
    router_upload_timeout: float = Field(
        default=120.0, gt=0, description="Seconds a client has to send a request with files."
    )
    router_response_limit: int = Field(
        default=64 * 1024 * 1024, gt=0, description="Bytes the answer of a subgraph, or a supergraph, may have."
    )
    router_connections: int = Field(default=100, gt=0, description="Connections kept to each subgraph at most.")
    router_subscriptions: int = Field(
        default=10_000,
        gt=0,
        description="Subscriptions open at each subgraph at most; each is a connection of its own.",
    )
    router_subscription_silence: float = Field(
        default=30.0,
        ge=0,
        description="Seconds without a sign of life after which a subgraph's subscription is given up; 0: never.",
    )
    router_subscriptions_per_client: int = Field(
        default=200,
        gt=0,
        description="Subscriptions that one client may have open: a token's `sub` and `tid`, or else an address. "
        "Behind a proxy, name it in `router_trusted_proxies`.",
    )
    router_websockets: int = Field(default=10_000, gt=0, description="Websockets open at most.")
    router_websockets_per_client: int = Field(
        default=500, gt=0, description="Websockets that may be open from one address."
    )
    router_max_tokens: int = Field(default=10_000, gt=0, description="Tokens a document may have.")
    router_max_depth: int = Field(default=15, gt=0, description="Levels an operation may have.")
    router_max_aliases: int = Field(default=100, ge=0, description="Aliases an operation may have.")
    router_max_root_fields: int = Field(default=50, gt=0, description="Root fields an operation may have.")
    router_max_fields: int = Field(
        default=5_000, gt=0, description="Fields an operation may have, its fragments spread out."
    )
    router_max_directives: int = Field(
        default=500, ge=0, description="Directives an operation may have, its fragments spread out."
    )
    router_max_cost: int | None = Field(
        default=None,
        gt=0,
        description="What an operation may be estimated to cost at most; without it, costs are measured.",
    )
    router_cost_mode: CostMode = Field(
        default=CostMode.ENFORCE, description="`enforce` refuses operations that cost too much, `measure` counts them."
    )
    router_list_size: int = Field(
        default=10, ge=0, description="How many items a list is estimated to have where the schema says nothing."
    )
    router_introspection: bool = Field(
        default=True, description="Whether clients may ask for the schema; `__typename` they always may."
    )
    router_cache_size: int = Field(default=1_000, gt=0, description="Operations whose plans are kept.")
    router_cache_selections: int = Field(
        default=100_000, gt=0, description="Fields and fragments of all operations whose plans are kept."
    )
    router_reload_interval: float = Field(
        default=5.0,
        ge=0,
        description="Seconds between looks at the supergraph's file or address, or at the list of subgraphs and those "
        "of them that are asked for their SDL. SIGHUP is a look too; 0: nothing else is.",
    )
    router_supergraph_headers: SecretStr = Field(
        default=SecretStr("{}"),
        description='Headers of the request for the supergraph, e.g. an access key: JSON, {"name": "value"}.',
    )
    router_supergraph_cache: Path | None = Field(
        default=None,
        description="A file that keeps the supergraph served last, for starts while its source cannot be had.",
    )
    router_warm_operations: int = Field(
        default=100,
        ge=0,
        description="Operations, the most used, that are planned before another supergraph is served.",
    )
    router_warm_seconds: float = Field(default=10.0, ge=0, description="Seconds that this may take.")
    router_planning_queue: int = Field(
        default=128, gt=0, description="Operations that may wait for their plan; more are asked to come again."
    )
    router_planning_budget: int = Field(
        default=200_000, gt=0, description="Planning steps an operation may take before it is refused."
    )
    router_websocket_init_timeout: float = Field(
        default=3.0, gt=0, description="Seconds a websocket client has for its connection_init."
    )
    router_websocket_operations: int = Field(
        default=100, gt=0, description="Operations that may run at once on one websocket."
    )
    router_keep_alive: float = Field(
        default=12.0, gt=0, description="Seconds between signs of life on an idle subscription."
    )
    router_forward_headers: str = Field(
        default="",
        description="Headers of clients that go on to subgraphs, separated by commas: `name` or `prefix-*`, for one "
        "subgraph alone `subgraph:name`. `authorization` and `x-forwarded-for` always do.",
    )
    router_return_headers: str = Field(
        default="",
        description="Headers of subgraphs that go back to clients, written likewise: every `set-cookie`, of others "
        "that of the last answer.",
    )
    router_subgraph_headers: SecretStr = Field(
        default=SecretStr(""),
        description="Headers that subgraphs are always sent, such as API keys: JSON, {subgraph: {name: value}}.",
    )
    router_websocket_headers: bool = Field(
        default=False,
        description="Whether the `headers` of a websocket's connection_init count as headers of the client, for those "
        "that go on to subgraphs. A proxy that takes headers away from clients does not see them.",
    )
    router_persisted_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=0,
        description="Bytes of documents kept for clients that name them by hash.",
    )
    router_trusted_documents: Path | None = Field(
        default=None, description="A manifest of clients' documents: JSON, {hash: document}."
    )
    router_only_trusted: bool = Field(default=False, description="Whether only documents of the manifest are run.")
    router_batch_limit: int = Field(
        default=0, ge=0, description="Operations that one request may hold as a JSON array; 0: a request holds one."
    )
    router_graphiql: bool = Field(
        default=True, description="Whether browsers that are sent to the endpoint get GraphiQL."
    )
    router_csrf_prevention: bool = Field(
        default=True,
        description="Whether a request is refused that a page of another origin has a browser send unasked.",
    )
    router_csrf_headers: str = Field(
        default="x-apollo-operation-name,apollo-require-preflight,graphql-require-preflight",
        description="Headers, separated by commas, any of which shows that the browser has asked first.",
    )
    router_cors_origins: str = Field(
        default="",
        description="Origins beside the router's own whose pages may ask and read, scheme://host[:port] separated by "
        "commas, or `*`.",
    )
    router_cors_credentials: bool = Field(
        default=False, description="Whether they may send cookies; not together with `*`."
    )
    router_cors_headers: str = Field(
        default="authorization,content-type",
        description="Headers they may send beside those of `router_csrf_headers`, separated by commas, or `*`.",
    )
    router_cors_exposed_headers: str = Field(
        default="x-trace-id", description="Headers of the answer they may read, separated by commas."
    )
    router_cors_max_age: int = Field(default=600, ge=0, description="Seconds a browser remembers what they may.")
    router_override_labels: str = Field(
        default="",
        description="Labels of `@override` that hold for every request, separated by commas; not `percent(n)`.",
    )
    router_stages: str = Field(
        default="",
        description="Stages of your own, `package.module:callable` separated by commas, run before the plan is.",
    )

    @field_validator("router_supergraph_headers")
    @classmethod
    def _are_headers(cls, value: SecretStr) -> SecretStr:
        try:
            headers = _decode_headers(value.get_secret_value())
        except msgspec.DecodeError as error:
            raise ValueError("expected a JSON object of strings") from error
        if not all(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(headers[name]) for name in headers):
            raise ValueError("a name or a value is not one of HTTP")
        return value

    def supergraph_headers(self) -> dict[str, str]:
        """The headers of `router_supergraph_headers`."""
        return _decode_headers(self.router_supergraph_headers.get_secret_value())

    def override_labels(self) -> frozenset[str]:
        """The labels of `router_override_labels`."""
        return frozenset(_listed(self.router_override_labels))

    def csrf_headers(self) -> frozenset[str]:
        """The names of `router_csrf_headers`, in lower case as all names of headers."""
        return frozenset(_listed(self.router_csrf_headers.lower()))

    def cors_origins(self) -> frozenset[str]:
        """The origins of `router_cors_origins`."""
        return frozenset(_listed(self.router_cors_origins))

    def cors_headers(self) -> frozenset[str]:
        """The names of `router_cors_headers`, in lower case."""
        return frozenset(_listed(self.router_cors_headers.lower()))

    def cors_exposed_headers(self) -> frozenset[str]:
        """The names of `router_cors_exposed_headers`, in lower case."""
        return frozenset(_listed(self.router_cors_exposed_headers.lower()))

    def extra_stages(self) -> tuple[str, ...]:
        """The dotted paths of `router_stages`."""
        return _listed(self.router_stages)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())
