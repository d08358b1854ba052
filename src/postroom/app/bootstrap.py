"""The composition root: one installation, put together from its settings."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from postroom.app.notifying import make_office, networks_in
from postroom.app.postgres import EmbeddedPostgres
from postroom.app.settings import Settings
from postroom.contacts.errors import Conflict
from postroom.drops.room import READER, Limits, Room
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.jobs.schema import migrate_queue
from postroom.notices.office import Office
from postroom.store.blobs import BlobStore, LocalBlobs
from postroom.store.database import Database
from postroom.store.lockout import Lockout
from postroom.store.schema import migrate, migrations, pending
from postroom.store.sealing import Sealer, ensure_key_file, read_keys

_log = logging.getLogger("postroom.app")


@dataclass(frozen=True, slots=True)
class Postroom:
    """What every part works with."""

    settings: Settings
    url: str
    database: Database
    blobs: BlobStore
    room: Room
    office: Office


@contextmanager
def opened(
    settings: Settings, *, statement_seconds: float | None = None, for_bulk: bool = False
) -> Iterator[Postroom]:
    """Yield the installation with an open database; the embedded one runs at least until the end.

    With `statement_seconds` no statement takes longer; `for_bulk` is for who changes many rows at a time.
    Raises Unavailable when the database cannot be reached, Conflict when its schema is an older release's.
    """
    with (
        database_url(settings) as url,
        Database(
            url,
            max_connections=settings.database_connections,
            statement_seconds=statement_seconds,
            for_bulk=for_bulk,
        ) as database,
        Readers(READER) as readers,
    ):
        ensure_schema(database, embedded=settings.database_url is None)
        yield build(settings, url, database, readers)


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Yield where the database is: the external one, else the embedded one, running until the end."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data) as url:
        yield url


def build(settings: Settings, url: str, database: Database, readers: Readers) -> Postroom:
    """Put an installation together over an open database and what reads files."""
    blobs = LocalBlobs(_private(settings.data / "blobs"))
    limits = Limits(
        upload_bytes=settings.upload_limit_bytes,
        inflated_bytes=settings.inflated_limit_bytes,
        keep_days=settings.retention_days,
        journal_days=settings.journal_days,
        reading=ReaderLimits(
            memory_bytes=settings.reading_memory_bytes,
            seconds=settings.reading_seconds,
            output_bytes=4 * settings.inflated_limit_bytes,
        ),
    )
    room = Room(
        database,
        blobs,
        Queue(url),
        _sealer(settings),
        readers,
        limits,
        files_url=settings.files_url,
        location_networks=networks_in(settings.location_networks),
        universal_optouts=settings.universal_optouts,
        lockout=Lockout(
            settings.lockout_failures, settings.lockout_address_failures, settings.lockout_minutes
        ),
    )
    return Postroom(settings, url, database, blobs, room, make_office(settings, room))


def _sealer(settings: Settings) -> Sealer:
    if settings.secret_key is not None:
        return Sealer(read_keys(settings.secret_key))
    return Sealer(ensure_key_file(_private(settings.data / "keys") / "secret.key"))


def ensure_schema(database: Database, *, embedded: bool) -> None:
    """Bring the schema up to date where that is ours alone to decide: embedded, or still empty.

    Raises Conflict when an external database lacks migrations: other processes may be using it.
    """
    with database.transaction() as connection:
        lacking = pending(connection)
    if not lacking:
        return
    if not embedded and len(lacking) < len(migrations()):
        raise Conflict(
            f"The database lacks {len(lacking)} migrations ({', '.join(lacking)}). "
            "Stop what runs on an older release, then run: postroom migrate",
            code="SCHEMA_OUTDATED",
        )
    migrate_all(database)


def migrate_all(database: Database) -> list[str]:
    """Bring the schema and the queue's tables up to date; return the names of what was applied."""
    done = migrate(database)
    if migrate_queue(database):
        done.append("queue")
    for name in done:
        _log.info("applied migration %s", name)
    return done


def _private(directory: Path) -> Path:
    # By itself private: where root runs the database as another user, the data directory lets others through.
    directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.mkdir(exist_ok=True, mode=0o700)
    return directory
