"""The embedded PostgreSQL of a data directory, shared by every process that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from postroom.app.locks import FileLock
from postroom.app.postgres_cluster import Cluster, socket_directory
from postroom.app.postgres_owner import owner_of


class EmbeddedPostgres:
    """Runs while at least one process uses it: the first starts it, the last stops it.

    Every user holds a shared lock on `run/postgres.lock`; starting and stopping happen under
    `run/postgres.starting.lock`. A killed user lets go by itself, and the next one to leave stops the server.
    """

    def __init__(self, data: Path, *, overrides: Mapping[str, str] | None = None) -> None:
        """Use the server in `data`/postgres; `overrides` are PostgreSQL settings that win over ours.

        They count for the process that starts the server.
        """
        self._data = data.resolve()
        self._overrides = overrides
        self._cluster: Cluster | None = None
        run = self._data / "run"
        self._users = FileLock(run / "postgres.lock")
        self._starting = FileLock(run / "postgres.starting.lock")

    def acquire(self) -> str:
        """Use the server: make and start it when needed; return its URL.

        Raises Unavailable when it does not start and Denied when its files belong to somebody else.
        """
        if self._users.held:
            return self.ensure_running()
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._data / "run").mkdir(exist_ok=True, mode=0o700)
        with self._starting.alone():
            self._users.share()
            try:
                return self._ready()
            except BaseException:
                self._users.release()
                raise

    def ensure_running(self) -> str:
        """Start the server again if it died; return its URL. Only for who has acquired it."""
        with self._starting.alone():
            return self._ready()

    def release(self) -> None:
        """Use the server no longer; the last user stops it. Releasing twice is fine."""
        if not self._users.held:
            return
        with self._starting.alone():
            self._users.release()
            if self._users.attempt():
                try:
                    self._described().stop()
                finally:
                    self._users.release()

    def alive(self) -> bool:
        """Tell whether the server's process lives; cheap enough to ask every second."""
        return self._described().alive()

    def postmaster_pid(self) -> int | None:
        """Return the server's process id, None before its first start or after its stop."""
        return self._described().postmaster_pid()

    def __enter__(self) -> str:
        """Acquire."""
        return self.acquire()

    def __exit__(self, *_exc: object) -> None:
        """Release."""
        self.release()

    def _ready(self) -> str:
        cluster = self._described()
        cluster.make()
        cluster.ensure_ready()
        return cluster.url()

    def _described(self) -> Cluster:
        if self._cluster is None:
            database = self._data / "postgres"
            owner = owner_of(database)
            sockets = socket_directory(self._data, owner.uid)
            self._cluster = Cluster(database, sockets, owner, self._overrides)
        return self._cluster
