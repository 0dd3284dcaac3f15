"""Everything Entrega is told from outside: the one place that reads the environment."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from domain.notifications import PauseRule
from domain.privacy import Retention
from domain.standing import Span
from runtime._plaintext import in_the_clear

PREFIX = "ENTREGA_"
_HTTP_URL = r"^https?://[^/?#@\s]+(/[^?#\s]*)?$"
_ORIGIN = r"https?://[a-z0-9.-]+(:[0-9]{1,5})?"
_TILES = r"^https?://(\{s\}\.)?[a-z0-9.-]+(:[0-9]{1,5})?/[^\s\"'<>]*\{z\}[^\s\"'<>]*$"
_DEPLOYMENT, _BUILD = r"^[^\s.]{1,200}$", r"^\S{1,200}$"  # Temporal takes them apart at the first dot
_ADDRESS = r"^[^\s/]+:[0-9]{1,5}$"
_MOST_A_MINUTE = 1_000_000

Service = Literal[
    "users", "quotes", "availability", "deliveries", "tracking", "notifications", "relay", "codec", "keys"
]
SERVICES: tuple[Service, ...] = get_args(Service)


class SettingMissing(Exception):
    """A setting is absent or unusable; the message names the variable and the next step."""


class Settings(BaseSettings):
    """Environment variables `ENTREGA_*` (nested: `__`), or files of those names in the folder `ENTREGA_SECRETS_DIR`.

    Credentials have no defaults, and are optional here because no process needs them all: ask for one with
    `database_url_for` or `need`, which say what is missing.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: SecretStr | None = None
    """The owner of the database: migrations only."""
    users_database_url: SecretStr | None = None
    quotes_database_url: SecretStr | None = None
    availability_database_url: SecretStr | None = None
    deliveries_database_url: SecretStr | None = None
    tracking_database_url: SecretStr | None = None
    notifications_database_url: SecretStr | None = None
    """The relay's too, which tells subscribers as this role."""
    relay_database_url: SecretStr | None = None
    codec_database_url: SecretStr | None = None
    keys_database_url: SecretStr | None = None
    """The role that wraps data keys anew: `entrega keys rotate` alone."""

    mongo_url: SecretStr | None = None
    relay_mongo_url: SecretStr | None = None
    """The only user that may add to the audit log; `mongo_url`'s, if not given."""
    mongo_database: str = "entrega"

    backup_url: str | None = None
    """Where backups lie: a folder, or s3://bucket/folder (az://, gs://), whose credentials AWS_… variables give."""
    backup_database_url: SecretStr | None = None
    """Whoever may replicate PostgreSQL and read journal and data keys; the owner, if not given."""
    backup_mongo_url: SecretStr | None = None
    """MongoDB's role `backup`."""
    backup_recipients_file: Path | None = None
    """age's public keys, one a line: for whom backups are sealed."""
    backup_identity_file: Path | None = None
    """age's secret key. Only restoring needs it; keep it where no backup is."""
    backup_spool_dir: Path | None = None
    """Room on this machine for a base backup on its way."""

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui_url: str | None = None

    tls_cert_file: Path | None = None
    """This process's certificate, with its chain: served to those who come, shown to Temporal. Changed files are taken
    up without a restart, but for the authority's."""
    tls_key_file: Path | None = None
    tls_ca_file: Path | None = None
    """The authority that other processes of ours are believed by."""
    tls_required: bool = False
    """Refuse to start where something would travel in the clear."""
    temporal_tls: bool = False
    """TLS to Temporal, with this process's certificate and authority unless the next name others."""
    temporal_tls_cert_file: Path | None = None
    temporal_tls_key_file: Path | None = None
    temporal_tls_ca_file: Path | None = None
    temporal_tls_domain: str | None = None
    """The name in Temporal's certificate, where it is not the one of its address."""
    outside_ca_file: Path | None = None
    """An authority believed beside the public ones when carriers, maps and postal codes are asked."""

    metrics_address: Annotated[str, Field(pattern=_ADDRESS)] | None = None
    """Where this process tells Prometheus everything, as in 0.0.0.0:9460: on a network of ours, by TLS where it has a
    certificate. With it the API tells nothing at its own port."""
    metrics_textfiles_dir: Path | None = None
    """A folder of `*.prom` files, as the backup writes them, which this process tells along."""
    worker_metrics_address: str | None = None
    """Where workers expose Temporal's own metrics for Prometheus, as in 127.0.0.1:9464; they speak no TLS. They are
    told along with ours as well."""
    worker_own_metrics_address: Annotated[str, Field(pattern=_ADDRESS)] | None = None
    """Where they expose ours, if ENTREGA_METRICS_ADDRESS is not set."""
    relay_metrics_port: int | None = None
    """The relay's, on the loopback, if ENTREGA_METRICS_ADDRESS is not set."""
    traces_url: Annotated[str, Field(pattern=_HTTP_URL)] | None = None
    """Where a collector takes spans by OTLP over HTTP, as in https://tempo:4318/v1/traces: one of ours, believed by
    ENTREGA_TLS_CA_FILE and shown this process's certificate. Without it nothing is traced."""
    traces_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of traces that is kept; the same everywhere."""
    deployment_name: Annotated[
        str,
        Field(
            pattern=_DEPLOYMENT, validation_alias=AliasChoices("ENTREGA_DEPLOYMENT_NAME", "TEMPORAL_DEPLOYMENT_NAME")
        ),
    ] = "entrega-{queue}"
    """What Temporal knows a worker that runs workflows by, whatever its build. These two may also come in the words of
    Temporal's Worker Controller."""
    build_id: Annotated[
        str | None,
        Field(pattern=_BUILD, validation_alias=AliasChoices("ENTREGA_BUILD_ID", "TEMPORAL_WORKER_BUILD_ID")),
    ] = None
    """Its build; made of the text of the workflows and what they stand on, if not given."""
    set_current_version: bool = False
    """Workers make their build the current one at start: where nothing else does, as the Worker Controller would."""
    sweep_every: float = 15.0
    """Seconds between two sweeps of the inbox."""
    retention_every: Annotated[float, Field(ge=1)] = 3600.0
    """Seconds between two runs of the retention."""
    retention: Retention = Retention()
    """How many days things are kept, as in ENTREGA_RETENTION__DELIVERIES_DAYS=365; 0 keeps them."""
    journal_partition: Span = "month"
    """For how long a partition of the journal is; those that are there stay as they are."""
    journal_hot_days: Annotated[int, Field(ge=92)] = 400
    """So old is a partition's youngest line before `entrega archive` takes deliveries' lines out of the database; never
    while money may still be on its way."""
    archive_keep_days: Annotated[int, Field(ge=0)] = 0
    """So old may what is archived become; 0 keeps it."""
    archive_url: str | None = None
    """Where archives lie, as backups do; ENTREGA_BACKUP_URL, if not given. Whom they are sealed for is the same."""
    crash_at: str | None = None
    """Fault tests only: `activity:before` or `activity:after`, where the worker kills itself once."""
    crash_marker: Path | None = None

    public_url: str | None = None
    """Where customers and carriers reach the API, without a final slash."""
    app_url: str | None = None
    """Where people reach the pages that links in messages open; the API's own address if not given."""
    api_description_file: Path | None = None
    """What `entrega openapi` printed: so that one service of several, each a process, describes all of them."""
    web_dir: Path | None = None
    """The built web app, which the API then serves at `/`; a CDN may do so instead."""
    map_tiles_url: Annotated[str, Field(pattern=_TILES)] | None = None
    """Map pictures as Leaflet asks for them, as in https://tiles.example.com/{z}/{x}/{y}.png. Who serves them learns
    which places are looked at. Without one the app draws the way by itself."""
    map_tiles_credit: Annotated[str, Field(max_length=200)] = ""
    """Whom the map's corner names."""
    trusted_proxies: str = ""
    """Addresses, with commas between, of proxies whose X-Forwarded-For says where a request came from."""
    allowed_origins: Annotated[str, Field(pattern=rf"^({_ORIGIN}(,{_ORIGIN})*)?$")] = ""
    """Origins, with commas between, whose pages may call the API from elsewhere; nobody's if empty."""
    client_rate: Annotated[int, Field(ge=1, le=_MOST_A_MINUTE)] = 1200
    """Requests a minute by one user or service account, at every service together."""
    address_rate: Annotated[int, Field(ge=1, le=_MOST_A_MINUTE)] = 600
    """The same by whoever shows no token, by address."""
    webhook_rate: Annotated[int, Field(ge=1, le=_MOST_A_MINUTE)] = 60_000
    """Carriers' webhooks a minute, by address."""
    webhooks_to_this_machine: bool = False
    """Customers' webhook endpoints may also be on this machine, at any port from 1024 on and, unless TLS is required,
    without TLS: for development alone."""
    webhooks_pause: PauseRule = PauseRule()
    """When an endpoint that takes nothing is paused: ENTREGA_WEBHOOKS_PAUSE__AFTER=P5D and …__FAILURES=20, both."""
    messages_kept_for: Annotated[timedelta, Field(ge=timedelta(days=7))] = timedelta(days=90)
    """How long it is remembered what was sent to subscribers; longer than anything is tried."""
    streams_per_client: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Live streams of one user or service account that a process holds open."""
    serve_on_for: Annotated[float, Field(ge=0, le=60)] = 5.0
    """Seconds that an API serves on after SIGTERM, saying at /healthz/ready that it is about to end: longer than
    whoever sends it requests takes to notice, and than a proxy keeps a connection that stands idle."""
    cache_url: str = "mem://"

    geocoder_url: Annotated[str, Field(pattern=_HTTP_URL)] | None = None
    """A server that speaks Nominatim; without one, addresses that come without coordinates stay without."""
    geocoder_rate: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Questions a second by one process: the public server's limit, for all processes together."""
    cep_url: Annotated[str, Field(pattern=_HTTP_URL)] | None = None
    """A server that speaks as ViaCEP does."""
    places_deadline: Annotated[float, Field(gt=0, le=30)] = 1.5
    """Seconds that anybody waits for either."""

    keys_dir: Path | None = None
    """Ed25519 private keys, `<kid>.pem`, made by `entrega keys rotate`: the users service signs tokens with them."""
    jwks_url: str | None = None
    """Where the others fetch the public keys."""
    jwt_issuer: str = "entrega"
    tracking_token_key_file: Path | None = None
    keks_dir: Path | None = None
    """Key-encryption keys, `<kid>.kek`, 32 random bytes in base64 each; the last by name wraps new data keys."""
    index_key_file: Path | None = None
    """The key of blind indexes: 32 random bytes in base64, for the users and deliveries services, which may have one
    each, and the notifications worker. Without it nobody is found by e-mail, and no delivery by name."""

    smtp_url: SecretStr | None = None
    """The mail server of the users service, and of the users and notifications workers:
    smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465."""
    mail_from: str = "no-reply@entrega.example.com"
    require_verified_email: bool = True
    """Nothing is requested, and nobody invited, before the e-mail address is verified."""
    require_staff_second_factor: bool = True
    """Staff are customers like others until they sign in with a second factor."""

    adjustment_limit: Annotated[int, Field(ge=0, le=10**9)] = 10_000
    """Up to here, in minor units of any currency and for one delivery, one of staff may correct the books alone."""

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    policy: dict[str, Any] = Field(default_factory=dict)
    """Overrides of the default `DeliveryPolicy`, field by field."""

    @property
    def temporal_ui_origin(self) -> str | None:
        """The only origin whose pages may ask the codec server."""
        if self.temporal_ui_url is None:
            return None
        scheme, host, *_ = urlsplit(self.temporal_ui_url)
        return f"{scheme}://{host}"

    def database_url_for(self, service: str) -> str:
        """The URL of this service's own role. Raises SettingMissing."""
        if service not in SERVICES:
            raise SettingMissing(f"no service is called {service!r}: choose from {', '.join(SERVICES)}")
        url: str = self.need(f"{service}_database_url")
        return url

    def need(self, name: str) -> Any:
        """The value of a setting this process cannot do without, secrets revealed. Raises SettingMissing."""
        value = getattr(self, name)
        if value is None:
            raise SettingMissing(
                f"{PREFIX}{name.upper()} is not set: set it (or put a file of that name into {PREFIX}SECRETS_DIR), "
                "or run `entrega up`, which starts everything and sets it for its own processes"
            )
        return value.get_secret_value() if isinstance(value, SecretStr) else value


def load_settings() -> Settings:
    """Settings of this process. Raises SettingMissing when the environment holds something unusable."""
    secrets = os.environ.get(f"{PREFIX}SECRETS_DIR")
    if secrets and not Path(secrets).is_dir():
        raise SettingMissing(f"{PREFIX}SECRETS_DIR is {secrets!r}, which is no folder: create it or unset the variable")
    try:
        settings = Settings(_secrets_dir=secrets)
    except ValidationError as error:
        # include_input=False: what was wrong may be a credential.
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + "__".join(str(part) for part in first["loc"]).upper()
        raise SettingMissing(f"{name}: {first['msg']}: correct the variable and start again") from None
    except SettingsError as error:
        field = str(error).partition('"')[2].partition('"')[0]
        raise SettingMissing(f"{PREFIX}{field.upper()} takes JSON: correct the variable and start again") from None
    if settings.tls_required and (clear := list(in_the_clear(settings))):
        raise SettingMissing(
            f"{PREFIX}TLS_REQUIRED is set, and this would travel in the clear: "
            + "; ".join(f"{PREFIX}{each}" for each in clear)
        )
    return settings
