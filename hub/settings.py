"""The environment, parsed once; and the company's own settings, which the hub keeps."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hub.errors import ConfigWrong
from hub.limits import Limits
from hub.values import RevenueBasis

_HOST = re.compile(r"(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?", re.IGNORECASE)

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9_.-]+(:\d+)?|[a-z]+://\[[0-9a-f:]+\](:\d+)?")
"""As browsers send it: lower case, no path, no slash at the end."""


@cache
def _time_zones() -> set[str]:
    """Finding them reads hundreds of folders and files."""
    return available_timezones()


class Company(BaseModel):
    """What every client needs to render numbers and days as the company means them.

    Given by ``HUB_COMPANY__NAME`` and so on when a hub is created; kept in the hub from then on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "My company"
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    """ISO 4217: the reporting currency."""
    time_zone: str = "UTC"
    """IANA name: days, weeks and years are this zone's."""
    country: str = Field("US", pattern="^[A-Z]{2}$")
    """ISO 3166: the country of phone numbers written without one."""
    week_starts_on: int = Field(1, ge=1, le=7)
    """ISO day of the week, Monday is 1."""
    fiscal_year_starts_in_month: int = Field(1, ge=1, le=12)
    revenue_basis: RevenueBasis = RevenueBasis.BILLED
    revenue_includes_tax: bool = True

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in _time_zones():
            raise ValueError(f"{name!r} is not an IANA time zone, like Asia/Dhaka")
        return name


class Settings(BaseSettings, Limits):
    """What the environment says; names begin with ``HUB_``."""

    model_config = SettingsConfigDict(env_prefix="HUB_", env_nested_delimiter="__", extra="ignore")

    data: Path = Path("hub-data")
    """Folder of a hub on SQLite; used when there is no database address."""
    database_url: str | None = None
    """``postgresql://...``: the hub lives in PostgreSQL instead of a folder."""
    company: Company = Company()
    """Only read when a hub is created."""
    host: str = "127.0.0.1"
    port: int = 8000
    secret_key: SecretStr | None = None
    """What seals secrets: keys separated by commas, the first of which seals. On SQLite a file in the folder else."""
    token: str | None = None
    """A bearer token for the command line, for a hub served elsewhere."""
    url: str | None = None
    """Address of a hub served elsewhere; the command line then speaks to it."""
    public_url: str | None = Field(None, pattern=r"^https?://[^/?#\s]+[^?#\s]*$")
    """Address by which senders know the hub, where a proxy stands before it: some sign it with their deliveries."""
    worker: bool | None = None
    """Whether ``hub serve`` pulls sources by the clock too; unless said, in a folder yes, on PostgreSQL no."""
    worker_pulls: int = Field(4, ge=1)
    """Pulls that one process begins by the clock and has under way at once."""
    lease_seconds: float = Field(60.0, ge=1.0)
    """How long after its last sign of life others go on with what a process pulled."""
    page_seconds: float = Field(1800.0, ge=1.0)
    """How long a pull waits for a source's next page before it has failed."""
    max_body_bytes: int = 1_000_000
    max_delivery_bytes: int = 5_000_000
    max_upload_bytes: int = 200_000_000
    header_seconds: float = Field(10.0, gt=0)
    """How long the head of a request may take to arrive."""
    body_seconds: float = Field(30.0, gt=0)
    """How long the body of a request may take to arrive."""
    idle_seconds: float = Field(30.0, gt=0)
    """How long a connection may lie idle between requests, and a client may not read what it asked for."""
    grace_seconds: float = Field(5.0, ge=0)
    """How long answers under way may take once the hub is to stop."""
    drain_seconds: float = Field(0.0, ge=0)
    """How long the hub goes on answering after it was told to stop, while it says that it is not ready."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may ask, with commas between: ``https://app.example.com``."""
    legacy_statuses: bool = False
    """HTTP statuses of before GraphQL over HTTP was settled, for clients that know no others."""
    compiled_reads: bool = True
    """Whether what one statement can answer is answered by one statement."""
    compared_reads: int = Field(0, ge=0)
    """One in so many of those answers is made the ordinary way too, and compared; 0: none."""
    uploads: Path | None = None
    """Folder of uploaded files, the same for all processes of a hub; ``uploads`` in the data folder when left out."""
    files: Annotated[tuple[Path, ...] | None, NoDecode] = None
    """Folders whose files sources may read, with ``:`` between; unless said, whatever the hub's user may."""
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    """From where on the hub and its connectors are heard; libraries from WARNING on at least."""
    access_log: bool = False
    """A line in the log for each request."""
    metrics_token: SecretStr | None = None
    """Who shows it may read ``/metrics``, beside tokens with the scope manage."""
    metrics_loopback: bool = False
    """Whether anybody on this machine may read ``/metrics``."""
    notify_url: str | None = Field(None, pattern=r"^https?://[^/?#\s]+\S*$")
    """Where to tell that a source turns unhealthy, or healthy again, when its owner names no address."""
    notify_secret: SecretStr | None = None
    """Signs what the hub tells, by Standard Webhooks: ``whsec_...`` or ``whsk_...``; two with a comma between sign
    both, while receivers change from one to the other."""
    allow_private_addresses: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses, networks and host names, with commas between, that connectors and notifications may reach although
    they are not public: ``127.0.0.1,10.0.0.0/8,books.lan``."""

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, given: object) -> object:
        return given.upper() if isinstance(given, str) else given

    @field_validator("allow_private_addresses", "allowed_origins", mode="before")
    @classmethod
    def _separated(cls, given: object) -> object:
        return [part for part in re.split(r"[,\s]+", given) if part] if isinstance(given, str) else given

    @field_validator("files", mode="before")
    @classmethod
    def _folders(cls, given: object) -> object:
        return [part for part in given.split(os.pathsep) if part] if isinstance(given, str) else given

    @field_validator("allow_private_addresses")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                ip_network(name, strict=False)
            except ValueError:
                if not _HOST.fullmatch(name):
                    raise ValueError(f"{name!r} is neither a network, like 10.0.0.0/8, nor a host name") from None
        return names

    @field_validator("database_url")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        if given and "://" not in given:
            raise ValueError("it is no address, like postgresql://hub@localhost/hub; a folder is HUB_DATA")
        return given

    @field_validator("allowed_origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin, like https://app.example.com")
        return origins

    @property
    def address(self) -> str:
        """Where the hub lives: a folder, or a PostgreSQL address."""
        return self.database_url or str(self.data)

    @property
    def limits(self) -> Limits:
        """What one client may ask of the hub."""
        return Limits(**self.model_dump(include=set(Limits.model_fields)))

    @property
    def works(self) -> bool:
        """Whether a process that serves the hub works for it too."""
        return self.database_url is None if self.worker is None else self.worker


def misspelt(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables that are no setting but nearly one, each with the setting that may have been meant.

    Others that begin with ``HUB_`` are somebody else's, as those that Kubernetes makes for a service called hub.
    """
    known = {*_variables(Settings, "HUB_"), "HUB_DEBUG"}
    for name in sorted(variables):
        if name.upper().startswith("HUB_") and name.upper() not in known:
            for meant in get_close_matches(name.upper(), known, n=1, cutoff=0.85):
                yield name, meant


def _variables(kind: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in kind.model_fields.items():
        variable = prefix + name.upper()
        yield variable
        for inner in _models(field.annotation):
            yield from _variables(inner, f"{variable}__")


def read_settings() -> Settings:
    """The environment as settings. Raises ``ConfigWrong`` naming the variable at fault and what may be meant."""
    try:
        return Settings()
    except ValidationError as error:
        place, fault = first_fault(error)
        variable, hint = f"HUB_{place.upper().replace('.', '__')}", None
        first = foremost(error)
        if first["type"] == "extra_forbidden":
            fault = "there is no such setting"
            hint = _meant(variable, names_beside(Settings, first["loc"]))
        raise ConfigWrong(f"{variable}: {fault}.", hint=hint) from None


def _meant(variable: str, beside: Sequence[str]) -> str:
    group, _, name = variable.rpartition("__")
    known = [each.upper() for each in beside]
    for near in get_close_matches(name, known, n=1):
        return f"Is {group}__{near} meant?"
    return f"There are: {', '.join(f'{group}__{each}' for each in known)}."


def first_fault(error: ValidationError) -> tuple[str, str]:
    """The first thing that pydantic found wrong: where, with dots, and what, without its own preamble."""
    first = foremost(error)
    return ".".join(str(part) for part in first["loc"]), first["msg"].removeprefix("Value error, ").rstrip(".")


def foremost(error: ValidationError) -> ErrorDetails:
    """The first of pydantic's faults; a name with a slip in it before the missing one that it stands for."""
    first, *others = error.errors()
    slips = (each for each in others if each["type"] == "extra_forbidden" and each["loc"][:-1] == first["loc"][:-1])
    return next(slips, first) if first["type"] == "missing" else first


def names_beside(kind: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """The names that a model knows where pydantic found one that it does not; ``place`` is the error's ``loc``."""
    models = [kind]
    for step in place[:-1]:  # a number, a key of a mapping and the like lead to the same models
        inner = [model.model_fields[step].annotation for model in models if step in model.model_fields]
        models = [each for annotation in inner for each in _models(annotation)] or _of_branch(models, step) or models
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _of_branch(models: Sequence[type[BaseModel]], tag: str | int) -> list[type[BaseModel]]:
    """Those of a union that its tag means."""
    return [each for each in models if any(tag in get_args(field.annotation) for field in each.model_fields.values())]
