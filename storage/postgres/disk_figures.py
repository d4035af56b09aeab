"""The size of the database, for the statistics. PostgreSQL does not tell the room on its disk."""

from __future__ import annotations

import psycopg

from storage.postgres.errors import translated


def postgres_figures(url: str) -> dict[str, int | None]:
    """Bytes of the database; None for what only the server's machine knows. Blocks on the network."""
    with translated(), psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return {"free": None, "total": None, "database": row[0] if row else None, "last_backup": None}
