"""Everything an operator may set, in one table: name, type, default, check.

A setting `ftp_port` is read from the option of a command, else from `POSTROOM_FTP_PORT`, else it has its
default. A secret may also stand in a file that `POSTROOM_<NAME>_FILE` names. Only app and cli read settings;
every part gets its own small share of them.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, JsonValue, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsConfigDict

from postroom.app.returns_settings import ReturnsSettings
from postroom.app.sending_settings import SendingSettings, web_url
from postroom.contacts import addresses
from postroom.contacts.errors import Refused
from postroom.store.sealing import read_keys

PREFIX = "POSTROOM_"
_HIDDEN = "********"
_NOT_OURS = ("POSTROOM_TEST_", "POSTROOM_BENCH_")  # `make test` and `make bench` have a few of their own
_SECRET: dict[str, JsonValue] = {"secret": True}


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as `config show` prints it; `source` is default, environment, file or option."""

    name: str
    value: str
    source: str
    meaning: str


def _ports(text: str) -> str | None:
    if text.lower() == "any":
        return None
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit()) or not 1024 <= int(first) <= int(last) <= 65535:
        raise ValueError("expected FIRST-LAST between 1024 and 65535, such as 50000-50999, or 'any'")
    return text


def _ipv4(text: str) -> str:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError("expected an IPv4 address: PASV answers carry nothing else") from None
    if address.is_unspecified:
        raise ValueError("expected the address that clients reach, not 0.0.0.0")
    return text


def _database(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected postgresql://user:password@host/database")
    return url


def _secret_key(text: str) -> str:
    read_keys(text)
    return text


def _files_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"sftp", "ftps", "ftp"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError("expected sftp://, ftps:// or ftp://, a host and perhaps a port, without a path")
    return text.rstrip("/")


def _sender(text: str) -> str:
    if not text.isprintable() or addresses.email(parseaddr(text)[1]) is None:
        raise ValueError(
            "expected an address such as postroom@example.com or Postroom <postroom@example.com>"
        )
    return text


def _networks(text: str) -> str:
    for word in text.split(","):
        try:
            ipaddress.ip_network(word.strip())
        except ValueError as wrong:
            raise ValueError(f"expected networks such as 10.1.0.0/16,127.0.0.0/8: {wrong}") from None
    return text


def _origins(text: str) -> str:
    for word in text.split(","):
        parts = urlsplit(word.strip())
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.path or parts.query:
            raise ValueError("expected origins such as https://app.example.com")
    return text


Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(SendingSettings, ReturnsSettings):
    """The settings of one installation; make it with `load`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data: Path = Field(Path("postroom-data"), description="Directory of the database, files, keys and locks.")
    database_url: Annotated[str, AfterValidator(_database)] | None = Field(
        None,
        repr=False,
        json_schema_extra=_SECRET,
        description="An external PostgreSQL, 16 or newer; without it the embedded one is used.",
    )
    secret_key: Annotated[str, AfterValidator(_secret_key)] | None = Field(
        None,
        repr=False,
        json_schema_extra=_SECRET,
        description="Key of secrets at rest, base64; without it one is made in the data directory.",
    )
    database_connections: Count = Field(12, description="Most database connections of one process.")

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every IPv4 interface.")
    ftp_port: Port = Field(2121, description="Port of FTP and explicit FTPS; 0 takes a free one.")
    ftps_implicit_port: Port | None = Field(None, description="Port of implicit FTPS; none without it.")
    sftp_port: Port = Field(2222, description="Port of SFTP; 0 takes a free one.")
    http_port: Port = Field(8080, description="Port of the web pages and the API; 0 takes a free one.")
    http_tls: bool = Field(False, description="Whether HTTP is HTTPS, with the certificate.")
    http_url: Annotated[str, AfterValidator(web_url("https://api.example.com"))] | None = Field(
        None,
        description="Where programs reach the API, such as https://api.example.com: links go there.",
    )
    http_proxies: Annotated[str, AfterValidator(_networks)] | None = Field(
        None,
        description="Proxies whose X-Forwarded-For and -Proto are believed, such as 10.1.0.0/16.",
    )
    http_origins: Annotated[str, AfterValidator(_origins)] | None = Field(
        None,
        description="Origins of web pages that may call the API: CORS.",
    )
    http_calls_per_minute: Annotated[int, Field(ge=0)] = Field(
        6000, description="Calls of the API that each client may make in a minute; 0 for any number."
    )
    http_connections: Count = Field(1000, description="Most connections of the web part.")
    http_statement_seconds: Seconds = Field(
        60.0, description="How long the database may take over one statement of a call."
    )
    http_patience_seconds: Seconds = Field(30.0, description="How long the body of a request may pause.")
    plain_ftp: bool = Field(True, description="Whether FTP without TLS may log in.")
    passive_ports: Annotated[str, AfterValidator(_ports)] | None = Field(
        "50000-50999", description="Ports of FTP data connections, FIRST-LAST, or 'any'."
    )
    masquerade_address: Annotated[str, AfterValidator(_ipv4)] | None = Field(
        None, description="IPv4 address that passive FTP tells clients behind NAT."
    )
    certificate: Path | None = Field(
        None, description="Certificate chain of FTPS (PEM); self-signed without it."
    )
    certificate_key: Path | None = Field(None, description="Private key of the certificate (PEM).")

    upload_limit_bytes: Count = Field(20 * 1024 * 1024, description="Largest upload, in bytes (20 MiB).")
    inflated_limit_bytes: Count = Field(1024**3, description="Most that an archive may inflate to, in bytes.")
    reading_memory_bytes: Annotated[int, Field(ge=256 * 1024**2)] = Field(
        1024**3, description="Most memory that reading one file may take, in bytes."
    )
    reading_seconds: Seconds = Field(300.0, description="Longest time that reading one file may take.")
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = Field(
        30, description="How long files and reports are kept in ok and ko; accounts may say otherwise."
    )
    journal_days: Annotated[int, Field(ge=1, le=36_500)] = Field(
        30, description="For how many days an import can be undone."
    )
    max_sessions: Count = Field(200, description="Most sessions of each of FTP and SFTP.")
    max_sessions_per_address: Count = Field(60, description="Most sessions of each from one address.")
    lockout_failures: Count = Field(10, description="Failed logins that lock a login at an address.")
    lockout_address_failures: Count = Field(50, description="Failed logins that lock an address altogether.")
    lockout_minutes: Count = Field(15, description="How long a lock-out lasts, and failures are remembered.")

    workers: Count = Field(1, description="Worker processes; each imports for several accounts at once.")
    worker_concurrency: Count = Field(2, description="Jobs that one worker process runs at once.")
    heartbeat_seconds: Seconds = Field(2.0, description="How often a worker shows that it lives.")
    dead_after_seconds: Seconds = Field(10.0, description="Silence after which its jobs are run again.")
    drain_seconds: Seconds = Field(60.0, description="How long running transfers and jobs may take to end.")

    files_url: Annotated[str, AfterValidator(_files_url)] | None = Field(
        None, description="Where senders reach their files, such as sftp://host: notices link to reports."
    )
    smtp_host: str | None = Field(None, description="Mail server that takes notices; no mails without it.")
    smtp_port: Port | None = Field(None, description="Its port; by smtp_tls 587, 465 or 25 without it.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="Encryption on the way to it: by STARTTLS, from the start, or none."
    )
    smtp_username: str | None = Field(None, description="Who Postroom is there; nobody without it.")
    smtp_password: str | None = Field(
        None, repr=False, json_schema_extra=_SECRET, description="Password of smtp_username."
    )
    smtp_from: Annotated[str, AfterValidator(_sender)] | None = Field(
        None, description="Sender of notices, such as Postroom <postroom@example.com>."
    )
    smtp_timeout_seconds: Seconds = Field(15.0, description="How long to wait for each answer of it.")
    webhook_http: bool = Field(False, description="Whether webhooks may have URLs without TLS.")
    webhook_networks: Annotated[str, AfterValidator(_networks)] | None = Field(
        None, description="Private networks that webhooks may be in, such as 10.1.0.0/16,127.0.0.0/8."
    )
    location_networks: Annotated[str, AfterValidator(_networks)] | None = Field(
        None, description="Private networks that locations of flows may be in, such as 10.1.0.0/16."
    )
    webhook_timeout_seconds: Seconds = Field(20.0, description="How long a webhook may take to answer.")

    universal_optouts: bool = Field(
        False, description="Whether a command batch may opt an address out of every account with a realm."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["text", "json"] = Field("text", description="How log lines look.")

    @classmethod
    def load(cls, options: Mapping[str, object] | None = None) -> Self:
        """Read the environment; `options` win, None among them means not given.

        Raises Refused on an unknown POSTROOM_ variable, a bad value or a bad combination.
        """
        _refuse_unknown(cls.model_fields)
        given = {name: value for name, value in (options or {}).items() if value is not None}
        try:
            settings = cls(**{**_from_files(cls.model_fields), **given})
        except ValidationError as wrong:
            raise Refused(_explain(wrong), code="BAD_SETTING") from None
        return settings.model_copy(update={"data": settings.data.resolve()})

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together: set both or neither")
        if self.masquerade_address and self.passive_range is None:
            raise ValueError("masquerade_address needs passive_ports: NAT forwards a fixed range")
        if self.dead_after_seconds < 2 * self.heartbeat_seconds:
            raise ValueError("dead_after_seconds must be at least twice heartbeat_seconds")
        self._check_mail()
        self.check_returns(has_domain=self.bounce_domain is not None)
        self._check_ports()
        return self

    def _check_mail(self) -> None:
        if self.relays and not (self.tracking_url or self.http_url):
            raise ValueError("relays needs tracking_url: each marketing mail has a link to opt out by")
        if self.smtp_host and not self.smtp_from:
            raise ValueError("smtp_host needs smtp_from: mails must come from somebody")
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password belong together: set both or neither")
        if self.smtp_password and self.smtp_tls == "none":
            raise ValueError("smtp_password needs smtp_tls: a password does not travel unencrypted")

    def _check_ports(self) -> None:
        named = {
            name: value
            for name in ("ftp_port", "ftps_implicit_port", "sftp_port", "http_port", "bounce_port")
            if (value := getattr(self, name))
        }
        if len(set(named.values())) < len(named):
            raise ValueError(f"two of {', '.join(named)} are the same port")
        if self.passive_range is None:
            return
        first, last = self.passive_range
        if last - first + 1 < 2 * self.max_sessions:
            raise ValueError(
                f"passive_ports must hold twice as many ports as max_sessions ({self.max_sessions})"
            )
        for name, port in named.items():
            if first <= port <= last:
                raise ValueError(f"{name} ({port}) is in the range of passive_ports")

    @property
    def passive_range(self) -> tuple[int, int] | None:
        """Return first and last port of passive FTP, None for any."""
        if self.passive_ports is None:
            return None
        first, _, last = self.passive_ports.partition("-")
        return int(first), int(last)

    def visible(self, options: Mapping[str, object] | None = None) -> list[Shown]:
        """Return every setting with secrets hidden; `options` are the ones that `load` was given."""
        return [
            Shown(
                name, _show(field, getattr(self, name)), _source(name, options or {}), field.description or ""
            )
            for name, field in type(self).model_fields.items()
        ]


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting's value must never be shown."""
    return field.json_schema_extra == _SECRET


def _show(field: FieldInfo, value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return _HIDDEN if is_secret(field) else str(value)


def _source(name: str, options: Mapping[str, object]) -> str:
    if options.get(name) is not None:
        return "option"
    variable = PREFIX + name.upper()
    if os.environ.get(variable + "_FILE"):
        return "file"
    return "environment" if os.environ.get(variable) else "default"


def _refuse_unknown(fields: Mapping[str, FieldInfo]) -> None:
    known = {PREFIX + name.upper() for name in fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name, field in fields.items() if is_secret(field)}
    for variable in sorted(os.environ):
        if variable.startswith(PREFIX) and variable not in known and not variable.startswith(_NOT_OURS):
            near = difflib.get_close_matches(variable, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else " `postroom config show` lists what there is."
            raise Refused(f"There is no setting {variable}.{hint}", code="UNKNOWN_SETTING")


def _from_files(fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, field in fields.items():
        variable = PREFIX + name.upper()
        path = os.environ.get(variable + "_FILE")
        if not path or not is_secret(field):
            continue
        if os.environ.get(variable):
            raise Refused(f"Set {variable} or {variable}_FILE, not both.", code="BAD_SETTING")
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as failed:
            raise Refused(f"{variable}_FILE cannot be read: {failed.strerror}: {path}") from None
    return values


def _explain(wrong: ValidationError) -> str:
    lines = []
    for error in wrong.errors(include_url=False, include_input=False):
        message = error["msg"].removeprefix("Value error, ")
        name = str(error["loc"][0]) if error["loc"] else ""
        lines.append(f"{PREFIX}{name.upper()} ({name}): {message}" if name else message)
    return "These settings do not work:\n  " + "\n  ".join(lines)
