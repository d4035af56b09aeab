"""Every SQL statement on the tables, by name. SQL is only here, in `storage.image_sql`, in `migrations/` and in the
pragmas of `storage.sqlite.database`; nothing but SQL is here.

A list is passed as one JSON parameter and read with `json_each`, so that each statement is one constant text, prepared
once.
"""

from tasks.domain.search import MOST_WORDS, NAME_LENGTH

# ---------------------------------------------------------------- tasks

INSERT_TASK = """
INSERT INTO tasks (id, phase, status, lane, account, message_id, job_id, pressed, owner, open_end, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

SAVE_TASK = f"""
{INSERT_TASK}
ON CONFLICT (id) DO UPDATE SET
    phase = excluded.phase, status = excluded.status, lane = excluded.lane, account = excluded.account,
    message_id = excluded.message_id, job_id = excluded.job_id, open_end = excluded.open_end,
    document = excluded.document
"""

TASK = "SELECT id, document FROM tasks WHERE id = ?"

NEWEST_ID = "SELECT coalesce(max(id), 0) FROM tasks"

TASKS = "SELECT id, document FROM tasks WHERE id IN (SELECT value FROM json_each(?))"

TASK_BY_OLD_ID = "SELECT id, document FROM tasks WHERE id = (SELECT task_id FROM imported WHERE old_id = ?)"

# Several tasks can know the same message or job (one shows again what another drew). The oldest one made it. Here and
# below, an owner of NULL matches any.
TASK_BY_MESSAGE = """
SELECT id, document FROM tasks WHERE message_id = :message_id AND (:owner IS NULL OR owner = :owner) ORDER BY id LIMIT 1
"""

TASK_BY_JOB = "SELECT id, document FROM tasks WHERE job_id = ? ORDER BY id LIMIT 1"

# The newest press of this button that has not failed and was not cancelled.
TASK_BY_PRESS = """
SELECT id, document FROM tasks
WHERE pressed = :pressed AND status NOT IN ('FAILURE', 'CANCEL') AND (:owner IS NULL OR owner = :owner)
ORDER BY id DESC LIMIT 1
"""

# The condition must equal that of the index `tasks_waiting` letter for letter: only then can SQLite use it. Without
# INDEXED BY it prefers `tasks_phase` and sorts the whole queue for the first few rows.
WAITING = """
SELECT id, document FROM tasks INDEXED BY tasks_waiting WHERE phase IN ('new', 'ready') ORDER BY id LIMIT ?
"""

# SQLite skips the waiting drawings without reading their documents.
WAITING_FOR_NO_SLOT = """
SELECT id, document FROM tasks INDEXED BY tasks_waiting
WHERE phase IN ('new', 'ready') AND (phase = 'new' OR lane = 'quick') ORDER BY id LIMIT ?
"""

# The condition must equal that of the index `tasks_waiting_beside`.
WAITING_BESIDE = """
SELECT id, document FROM tasks INDEXED BY tasks_waiting_beside
WHERE phase IN ('new', 'ready') AND CASE WHEN json_valid(document)
THEN document ->> '$.action' = 'VIDEO' OR document ->> '$.mode_asked' = 'relaxed' END ORDER BY id LIMIT ?
"""

# The waiting tasks of one owner, from `tasks_owner_waiting`.
WAITING_OF = """
SELECT id, document FROM tasks INDEXED BY tasks_owner_waiting
WHERE owner = ? AND phase IN ('new', 'ready') ORDER BY id LIMIT ?
"""

COUNT_BEFORE = "SELECT count(*) FROM tasks INDEXED BY tasks_waiting WHERE phase IN ('new', 'ready') AND id < ?"

# The condition must equal that of the index `sends_paid`.
DRAWN_SINCE = """
SELECT sends.account, count(DISTINCT sends.task_id) FROM sends INDEXED BY sends_paid
JOIN tasks ON tasks.id = sends.task_id AND tasks.lane = 'draw'
WHERE purpose IN ('draw', 'submit') AND state <> 'refused' AND time >= ?
GROUP BY sends.account
"""

COUNT_WAITING_FOR = """
SELECT count(*) FROM tasks INDEXED BY tasks_waiting WHERE phase IN ('new', 'ready') AND account = ?
"""

COUNT_WAITING = "SELECT count(*) FROM tasks INDEXED BY tasks_waiting WHERE phase IN ('new', 'ready')"

COUNT_WAITING_OF = """
SELECT count(*) FROM tasks INDEXED BY tasks_owner_waiting WHERE owner = ? AND phase IN ('new', 'ready')
"""

IN_PHASE = "SELECT id, document FROM tasks WHERE phase IN (SELECT value FROM json_each(?)) ORDER BY id"

# The condition must equal that of the index `tasks_in_flight`.
IN_FLIGHT = """
SELECT account, coalesce(CASE WHEN json_valid(document) THEN document ->> '$.action' = 'VIDEO' END, 0),
    CASE WHEN json_valid(document) THEN document ->> '$.mode_asked' END, count(*)
FROM tasks INDEXED BY tasks_in_flight
WHERE phase IN ('claimed', 'sent') AND lane = 'draw' AND account IS NOT NULL
GROUP BY 1, 2, 3
"""

# Unfinished tasks are few whatever the table's size: each phase reads its own rows from the index.
COUNT_OPEN = """
SELECT status, document ->> '$.action', coalesce(account, ''), count(*) FROM tasks INDEXED BY tasks_phase
WHERE phase IN ('new', 'ready', 'claimed', 'sent', 'held') GROUP BY 1, 2, 3
"""

LATEST = "SELECT id, document FROM tasks WHERE id < ? ORDER BY id DESC LIMIT ?"

# Each status reads its own newest rows from the index; the newest of those are returned. One IN over all statuses would
# sort every task that has one of them.
LATEST_IN_STATUS = """
SELECT id, document FROM tasks WHERE id IN (
    SELECT newest.value FROM json_each(:statuses) AS wanted, json_each((
        SELECT json_group_array(id) FROM (
            SELECT id FROM tasks WHERE status = wanted.value AND id < :before ORDER BY id DESC LIMIT :limit
        )
    )) AS newest
) ORDER BY id DESC LIMIT :limit
"""

# The tasks of one owner, from its index; statuses are filtered on the way.
LATEST_OF = """
SELECT id, document FROM tasks INDEXED BY tasks_owner
WHERE owner = :owner AND id < :before AND status IN (SELECT value FROM json_each(:statuses))
ORDER BY id DESC LIMIT :limit
"""

# Scans backwards for any part of any word. An empty list or word matches everything; lists are names separated and
# enclosed by commas. The narrow table keeps this at a few dozen milliseconds for 100,000 tasks.
_MATCHES = " AND ".join(
    (
        "(:owner IS NULL OR owner = :owner)",
        "(:statuses = '' OR instr(:statuses, ',' || status || ','))",
        "(:actions = '' OR instr(:actions, ',' || action || ','))",
        *(
            f"(:word{number} = '' OR instr(words, :word{number})"
            f" OR (length(:word{number}) >= {NAME_LENGTH} AND instr(names, :word{number})))"
            for number in range(MOST_WORDS)
        ),
    )
)

SEARCH = f"""
SELECT id, document FROM tasks WHERE id IN (
    SELECT id FROM searched WHERE id < :before AND {_MATCHES} ORDER BY id DESC LIMIT :limit
) ORDER BY id DESC
"""  # noqa: S608 - only the constant above is inserted

COUNT_FOUND = f"SELECT count(*) FROM searched WHERE {_MATCHES}"  # noqa: S608 - as above

# Ordered by end time, from a given time and task on. The condition must equal that of the index `tasks_open_end`.
OPEN_ENDS = """
SELECT id, document FROM tasks INDEXED BY tasks_open_end
WHERE open_end IS NOT NULL AND (open_end, id) > (?, ?) ORDER BY open_end, id LIMIT ?
"""

# ---------------------------------------------------------------- sends

INSERT_SEND = """
INSERT INTO sends (nonce, task_id, account, purpose, state, interaction_id, time) VALUES (?, ?, ?, ?, ?, ?, ?)
"""

# A certain state (posted, refused) never becomes uncertain again, and a known interaction id stays.
MARK_SEND = """
UPDATE sends SET
    state = CASE
        WHEN state IN ('posted', 'refused') AND :state NOT IN ('posted', 'refused') THEN state
        ELSE :state
    END,
    interaction_id = coalesce(:interaction_id, interaction_id)
WHERE nonce = :nonce
"""

SENDS = """
SELECT nonce, task_id, account, purpose, state, interaction_id, time FROM sends
WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY time, rowid
"""

# ---------------------------------------------------------------- timeline

INSERT_LINE = "INSERT INTO timeline (task_id, time, kind, detail) VALUES (?, ?, ?, ?)"

TIMELINE = "SELECT id, task_id, time, kind, detail FROM timeline WHERE task_id = ? ORDER BY id"

TIMELINE_AFTER = "SELECT id, task_id, time, kind, detail FROM timeline WHERE id > ? ORDER BY id LIMIT ?"

# Not the newest existing line: retention may have removed it, and its id is never used again.
LAST_LINE = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'timeline'), 0)"

LAST_LINE_OF = "SELECT id, task_id, time, kind, detail FROM timeline WHERE task_id = ? ORDER BY id DESC LIMIT 1"

# ---------------------------------------------------------------- outbox

# A row that exists stays: the index `outbox_once` ignores the second insert.
INSERT_HOOK = """
INSERT INTO outbox (task_id, url, receiver, api, state, trusted, event, snapshot, due, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING
"""

# Inserted once, however often the caller asks.
INSERT_FOLLOWER = """
INSERT INTO followers (task_id, url, receiver, api, state, trusted, event, created)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (
    SELECT 1 FROM followers WHERE task_id = ?1 AND url = ?2 AND api = ?4 AND state IS ?5
)
"""

# Runs when a finished task is written and when a caller follows a task: the later of the two creates the delivery.
INSERT_HOOKS_OF_FOLLOWERS = """
INSERT INTO outbox (task_id, url, receiver, api, state, trusted, event, due, created)
SELECT task_id, url, receiver, api, state, trusted, event, 0, :now FROM followers
WHERE task_id = :task AND task_id IN (
    SELECT id FROM tasks WHERE id = followers.task_id AND status IN ('SUCCESS', 'FAILURE', 'CANCEL')
)
ON CONFLICT DO NOTHING
"""

# The same for an end that corrects a reported one: to the same receivers. Runs before the task is written, while its
# row still has the old end, so that a correction is reported once even if the task is saved again or the clock changes.
INSERT_CORRECTIONS_OF_FOLLOWERS = """
INSERT INTO outbox (task_id, url, receiver, api, state, trusted, event, due, created)
SELECT DISTINCT task_id, url, receiver, api, state, trusted, 'corrected', 0, :now FROM followers
WHERE task_id = :task AND EXISTS (
    SELECT 1 FROM outbox AS reported
    WHERE reported.task_id = followers.task_id AND reported.event = 'end' AND reported.url = followers.url
    AND reported.api = followers.api AND reported.state IS followers.state
) AND NOT EXISTS (
    SELECT 1 FROM tasks WHERE id = followers.task_id AND status = :status AND document ->> '$.finish_time' IS :ended
)
"""

# The name of the secret that submitted the task; "*" is the operator's own webhook.
_OWNER = "iif(trusted, '*', (SELECT owner FROM tasks WHERE tasks.id = outbox.task_id))"

_DELIVERY = f"""
id, task_id, url, receiver, api, state, trusted, event, snapshot, attempts, due, status, last_error, created, settled,
last_status, {_OWNER} AS owner
"""

# Of each task and URL only the oldest end: newer ones wait for it and must not hide other rows meanwhile. A step is
# delivered only while no newer state is due, because that contains it.
_DUE = f"""
SELECT {_DELIVERY} FROM outbox
WHERE status = 'due' AND due <= :now AND event {{is_step}} IN ('end', 'corrected') AND NOT EXISTS (
    SELECT 1 FROM outbox AS other
    WHERE other.task_id = outbox.task_id AND other.url = outbox.url AND other.status = 'due' AND other.due <= :now
    AND {{hides}}
) AND owner NOT IN (SELECT value FROM json_each(:without))
AND owner || ' ' || receiver NOT IN (SELECT value FROM json_each(:without))
AND owner || ' ' || substr(url, 1, instr(url || '?', '?') - 1) NOT IN (SELECT value FROM json_each(:without))
ORDER BY due, id LIMIT :limit
"""  # noqa: S608 - as above
_ENDS = _DUE.format(is_step="", hides="other.id < outbox.id AND other.event IN ('end', 'corrected')")
_STEPS = _DUE.format(is_step="NOT", hides="(other.id > outbox.id OR other.event IN ('end', 'corrected'))")

# Ends come before steps.
DUE = f"SELECT * FROM ({_ENDS}) UNION ALL SELECT * FROM ({_STEPS}) LIMIT :limit"  # noqa: S608 - as above

# For the partial indexes: the numbers of due and of given-up deliveries.
COUNT_HOOKS = """
SELECT (SELECT count(*) FROM outbox INDEXED BY outbox_due WHERE status = 'due'),
    (SELECT count(*) FROM outbox INDEXED BY outbox_given_up WHERE status = 'given_up')
"""

NEXT_DUE = "SELECT min(due) FROM outbox WHERE status = 'due' AND due > ?"

OF_TASK = f"SELECT {_DELIVERY} FROM outbox WHERE task_id = ? ORDER BY id"  # noqa: S608 - as above

DELIVERY = f"SELECT {_DELIVERY} FROM outbox WHERE id = ?"  # noqa: S608 - as above

_AND_AS_ASKED = """
AND id < :before AND (:receiver IS NULL OR receiver = :receiver) AND (:status IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""

# The newest matching deliveries, one statement per index; the conditions equal those of the indexes letter for letter.
# Due and given-up deliveries are fewer than all deliveries to one receiver.
DELIVERIES = f"SELECT {_DELIVERY} FROM outbox WHERE id > 0 {_AND_AS_ASKED}"  # noqa: S608 - as above

DELIVERIES_OF_TASK = f"SELECT {_DELIVERY} FROM outbox WHERE task_id = :task_id {_AND_AS_ASKED}"  # noqa: S608 - above

DELIVERIES_OF_RECEIVER = f"""
SELECT {_DELIVERY} FROM outbox INDEXED BY outbox_receiver WHERE receiver = :receiver {_AND_AS_ASKED}
"""  # noqa: S608 - as above

DELIVERIES_DUE = f"""
SELECT {_DELIVERY} FROM outbox INDEXED BY outbox_due WHERE status = 'due' {_AND_AS_ASKED}
"""  # noqa: S608 - as above

DELIVERIES_GIVEN_UP = f"""
SELECT {_DELIVERY} FROM outbox INDEXED BY outbox_given_up WHERE status = 'given_up' {_AND_AS_ASKED}
"""  # noqa: S608 - as above

SETTLE = """
UPDATE outbox SET
    snapshot = iif(:status = 'due', snapshot, NULL),
    status = :status, due = coalesce(:due, due), last_error = :error, attempts = attempts + 1,
    last_status = :http_status, settled = iif(:status = 'due', NULL, :time)
WHERE id = :id
"""

# Runs before SETTLE, in its transaction. Inserts nothing when the task and its deliveries have been removed meanwhile.
INSERT_LINE_OF_DELIVERY = """
INSERT INTO timeline (task_id, time, kind, detail) SELECT task_id, :time, :kind, :detail FROM outbox WHERE id = :id
"""

# Steps older than the one just delivered to the same URL are obsolete.
DROP_OLDER_STEPS = """
DELETE FROM outbox WHERE status = 'due' AND event NOT IN ('end', 'corrected') AND id < :id
AND (task_id, url) = (SELECT task_id, url FROM outbox WHERE id = :id)
"""

# A delivered row stays unchanged. The retry schedule starts again.
DELIVER_AGAIN = """
UPDATE outbox SET status = 'due', due = :now, attempts = 0, settled = NULL WHERE id = :id AND status <> 'done'
"""

# ---------------------------------------------------------------- pictures

INSERT_PICTURE = "INSERT INTO pictures (task_id, filename, type, data) VALUES (?, ?, ?, ?)"

PICTURES = "SELECT filename, type, data FROM pictures WHERE task_id = ? ORDER BY id"

FORGET_PICTURES = "DELETE FROM pictures WHERE task_id = ?"

# ---------------------------------------------------------------- keys

# An expired key can be used again.
KEEP_KEY = """
INSERT INTO keys (key, body, task_id, created) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET body = excluded.body, task_id = excluded.task_id, created = excluded.created
"""

TASK_BY_KEY = "SELECT body, task_id FROM keys WHERE key = ? AND created >= ?"

# ---------------------------------------------------------------- translations

TRANSLATIONS = "SELECT key, text, used FROM translations WHERE key IN (SELECT value FROM json_each(?))"

KEEP_TRANSLATION = """
INSERT INTO translations (key, text, provider, created, used) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    text = excluded.text, provider = excluded.provider, created = excluded.created, used = excluded.used
"""

USE_TRANSLATION = "UPDATE translations SET used = ? WHERE key = ?"

# Removes the least recently used rows above the size limit, using the index only.
DROP_TRANSLATIONS = """
DELETE FROM translations WHERE key IN (SELECT key FROM translations ORDER BY used DESC, key DESC LIMIT -1 OFFSET ?)
"""

# ---------------------------------------------------------------- statistics

TALLIES = """
SELECT dimension, name, sum(n) FROM tallies WHERE hour >= :from AND hour < :to
GROUP BY dimension, name HAVING sum(n) > 0
"""

# Per period of :step hours, counted from :from.
TALLIED_ENDS = """
SELECT (hour - :from) / :step, name, sum(n) FROM tallies
WHERE dimension = 'status' AND hour >= :from AND hour < :to GROUP BY 1, 2
"""

DROP_TALLIES = "DELETE FROM tallies WHERE hour < ?"

# ---------------------------------------------------------------- learned facts

FACTS = "SELECT bot, kind, subject, value, account, message_id, learned, sample FROM facts"

KEEP_FACT = """
INSERT OR REPLACE INTO facts (bot, kind, subject, value, account, message_id, learned, sample)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

FORGET_FACT = "DELETE FROM facts WHERE bot = ? AND kind = ? AND subject = ?"

# ---------------------------------------------------------------- importing

KNOWN_OLD_IDS = "SELECT old_id FROM imported WHERE old_id IN (SELECT value FROM json_each(?))"

IS_TAKEN = "SELECT 1 FROM tasks WHERE id = ?"

INSERT_OLD_ID = "INSERT INTO imported (old_id, task_id) VALUES (?, ?)"

# ---------------------------------------------------------------- removal

# The next finished tasks, oldest first: the rows that one batch examines, whether or not it removes them.
FINISHED_WINDOW = """
SELECT id FROM tasks INDEXED BY tasks_phase WHERE phase = 'over' AND id > :after AND id < :below
ORDER BY id LIMIT :limit
"""

# When the oldest drawing in flight was sent. Tasks that ended later are needed to recognise their results in history.
OLDEST_IN_FLIGHT = """
SELECT min(coalesce(json_extract(document, '$.start_time'), 0)) FROM tasks WHERE phase IN ('claimed', 'sent')
"""

# Keeps tasks with due deliveries, parents of unfinished tasks, tasks that failed in silence so recently that their
# results may arrive, and tasks of a valid Idempotency-Key: repeating that request would pay twice. All rows of a task
# are removed with it.
REMOVE = """
DELETE FROM tasks
WHERE id IN (SELECT value FROM json_each(:ids)) AND phase = 'over'
AND coalesce(json_extract(document, '$.finish_time'), id / 1000) < :finished_before
AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.task_id = tasks.id AND outbox.status = 'due')
AND NOT EXISTS (SELECT 1 FROM keys WHERE keys.task_id = tasks.id AND keys.created >= :keys_since)
AND (open_end IS NULL OR open_end < :open_since)
AND CAST(id AS TEXT) NOT IN (
    SELECT json_extract(open.document, '$.parent_id') FROM tasks AS open
    WHERE open.phase IN ('new', 'ready', 'claimed', 'sent', 'held')
    AND json_extract(open.document, '$.parent_id') IS NOT NULL
)
"""

COUNT_OF = "SELECT count(*) FROM tasks WHERE id IN (SELECT value FROM json_each(?))"
