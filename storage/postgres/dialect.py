"""Statements of `storage.sql` and `storage.image_sql` in PostgreSQL's dialect. Pure.

Contract: a statement means the same in both databases, so that no rule holds in one only. What differs by spelling is
replaced here by rule; a statement that differs in its form stands here whole. All parameters become named ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from storage import sql
from storage.database_port import Parameters

_OWNER = "CASE WHEN trusted <> 0 THEN '*' ELSE (SELECT owner FROM tasks WHERE tasks.id = outbox.task_id) END"
_LISTED = r"SELECT value FROM json_each\(([^()]+)\)"

# In this order. The left sides are the spellings that the statements use.
_RULES: tuple[tuple[str, str], ...] = (
    (r" INDEXED BY \w+", ""),
    (re.escape("iif(trusted, '*', (SELECT owner FROM tasks WHERE tasks.id = outbox.task_id))"), _OWNER),
    (r"iif\((:status = 'due'), (\w+), (:?\w+)\)", r"CASE WHEN \1 THEN \2 ELSE \3 END"),
    # An alias of the select list is unknown to WHERE.
    (r"AND owner (?=NOT IN|\|\|)", f"AND {_OWNER} "),
    (r"(LIMIT :limit\s*\))(?= UNION| LIMIT)", r"\1 AS part"),
    # Ids are numbers, other lists are texts.
    (rf"\b((?:\w+\.)?(?:task_)?id(?: NOT)?) IN \({_LISTED}\)", r"\1 IN (SELECT value::bigint FROM json_each(\2))"),
    (r"json_each\(([^()]+)\)", r"json_array_elements_text((\1)::json) AS listed (value)"),
    (r"json_extract\(([\w.]*document), '\$\.(\w+_time)'\)", r"document_field(\1, '\2')::bigint"),
    (r"json_extract\(([\w.]*document), '\$\.(\w+)'\)", r"document_field(\1, '\2')"),
    (r"\bdocument ->> '\$\.(\w+_time)'", r"document_field(document, '\1')::bigint"),
    (r"\bdocument ->> '\$\.(\w+)'", r"document_field(document, '\1')"),
    (r"(:\w+) IS NULL", r"\1::text IS NULL"),  # a NULL has no type of its own
    (r"\bIS (?!NULL|NOT\b)", "IS NOT DISTINCT FROM "),
    (r"\b(OR|AND) instr\(([^()]*)\)", r"\1 strpos(\2) > 0"),
    (r"\binstr\(", "strpos("),
    (r"\bsum\((\w+)\)", r"sum(\1)::bigint"),
    (r"LIMIT -1 ", ""),
    (r"\browid\b", "row_number"),
)

_WHOLE: Mapping[str, str] = {
    sql.LATEST_IN_STATUS: """
SELECT id, document FROM tasks WHERE id IN (
    SELECT newest.id FROM json_array_elements_text((:statuses)::json) AS wanted (value), LATERAL (
        SELECT id FROM tasks WHERE status = wanted.value AND id < :before ORDER BY id DESC LIMIT :limit
    ) AS newest
) ORDER BY id DESC LIMIT :limit
""",
    sql.WAITING_BESIDE: """
SELECT id, document FROM tasks WHERE phase IN ('new', 'ready')
AND (document_field(document, 'action') = 'VIDEO' OR document_field(document, 'mode_asked') = 'relaxed')
ORDER BY id LIMIT ?
""",
    sql.IN_FLIGHT: """
SELECT account, coalesce(document_field(document, 'action') = 'VIDEO', FALSE),
    document_field(document, 'mode_asked'), count(*)
FROM tasks WHERE phase IN ('claimed', 'sent') AND lane = 'draw' AND account IS NOT NULL
GROUP BY 1, 2, 3
""",
    sql.LAST_LINE: "SELECT coalesce((SELECT last_value FROM timeline_id_seq WHERE is_called), 0)",
    sql.KEEP_FACT: """
INSERT INTO facts (bot, kind, subject, value, account, message_id, learned, sample)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (bot, kind, subject) DO UPDATE SET
    value = excluded.value, account = excluded.account, message_id = excluded.message_id,
    learned = excluded.learned, sample = excluded.sample
""",
}

_TOKENS = re.compile(r"'[^']*'|\?(\d*)|(?<!:):([a-z]\w*)|%")


@lru_cache(maxsize=512)
def postgres_of(text: str) -> str:
    """The statement with named parameters; positions are named p1, p2 …"""
    changed = _WHOLE.get(text, text)
    for pattern, replacement in _RULES:
        changed = re.sub(pattern, replacement, changed)
    position = 0

    def placeholder(found: re.Match[str]) -> str:
        nonlocal position
        matched = found.group()
        if matched.startswith("'") or matched == "%":
            return matched.replace("%", "%%")
        if name := found.group(2):
            return f"%({name})s"
        position += 1
        return f"%(p{found.group(1) or position})s"

    return _TOKENS.sub(placeholder, changed)


def named(parameters: Parameters) -> Mapping[str, Any]:
    """Parameters as `postgres_of` names them."""
    if isinstance(parameters, Mapping):
        return parameters
    return {f"p{number}": value for number, value in enumerate(parameters, start=1)}
