"""Every statement of the stores is valid in PostgreSQL's dialect, and its parameters are named."""

from __future__ import annotations

import re
from types import ModuleType

import psycopg
import pytest

from storage import image_sql, sql
from storage.postgres.database import PostgresDatabase
from storage.postgres.dialect import named, postgres_of


def statements(module: ModuleType) -> dict[str, str]:
    return {name: text for name, text in vars(module).items() if re.fullmatch(r"[A-Z][A-Z_]+", name)}


@pytest.mark.parametrize("module", [sql, image_sql])
async def test_each_statement_can_be_prepared(module: ModuleType, url: str) -> None:
    wrong = []
    untyped = {"INSERT_CORRECTIONS_OF_FOLLOWERS", "SETTLE"}  # valid only with the types of their values
    async with PostgresDatabase(url):
        with psycopg.connect(url, autocommit=True) as connection:
            for name, text in statements(module).items():
                if name in untyped or not isinstance(text, str):
                    continue
                numbers: dict[str, int] = {}
                prepared = re.sub(
                    r"%\((\w+)\)s",
                    lambda found, seen=numbers: f"${seen.setdefault(found.group(1), len(seen) + 1)}",  # type: ignore[misc]  # mypy cannot infer a default of a lambda
                    postgres_of(text),
                )
                try:
                    connection.execute(f"PREPARE prepared_{name} AS {prepared.replace('%%', '%')}".encode())
                except psycopg.Error as error:
                    wrong.append(f"{name}: {error}")
    assert wrong == []


def test_positions_and_names_become_names() -> None:
    assert postgres_of("SELECT ?, ?, ':x ?', :name, 5 % 2") == "SELECT %(p1)s, %(p2)s, ':x ?', %(name)s, 5 %% 2"
    assert postgres_of("SELECT ?2, ?1") == "SELECT %(p2)s, %(p1)s"
    assert named((7, "x")) == {"p1": 7, "p2": "x"}
    assert named({"name": 1}) == {"name": 1}
