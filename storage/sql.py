"""Every statement that is run on the tables, named. No Python beyond text belongs here; no SQL belongs anywhere else
but here, in `migrations/` and in the pragmas of `database.py`.

A list goes in as one JSON parameter and comes out of `json_each`, so that each statement stays one constant text,
prepared once.
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

# If several tasks know the same message or job (one shows again what another drew) the oldest is the one that made it.
# Here and below an owner that is NULL means any.
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

# The condition is letter for letter that of the index `tasks_waiting`: only then can SQLite use it. INDEXED BY, as it
# would rather take `tasks_phase` and sort the whole queue for the first few of it.
WAITING = """
SELECT id, document FROM tasks INDEXED BY tasks_waiting WHERE phase IN ('new', 'ready') ORDER BY id LIMIT ?
"""

# The drawings that wait are skipped in SQLite: their documents are never read.
WAITING_FOR_NO_SLOT = """
SELECT id, document FROM tasks INDEXED BY tasks_waiting
WHERE phase IN ('new', 'ready') AND (phase = 'new' OR lane = 'quick') ORDER BY id LIMIT ?
"""

# The waiting ones of one owner, for `tasks_owner_waiting`.
WAITING_OF = """
SELECT id, document FROM tasks INDEXED BY tasks_owner_waiting
WHERE owner = ? AND phase IN ('new', 'ready') ORDER BY id LIMIT ?
"""

COUNT_BEFORE = "SELECT count(*) FROM tasks INDEXED BY tasks_waiting WHERE phase IN ('new', 'ready') AND id < ?"

# The condition is that of the index `sends_paid`.
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

# As above, for `tasks_in_flight`.
IN_FLIGHT = """
SELECT account, count(*) FROM tasks INDEXED BY tasks_in_flight
WHERE phase IN ('claimed', 'sent') AND lane = 'draw' AND account IS NOT NULL
GROUP BY account
"""

# What is not over is never much, whatever the table's size: each phase gives its own rows from the index.
COUNT_OPEN = """
SELECT status, document ->> '$.action', coalesce(account, ''), count(*) FROM tasks INDEXED BY tasks_phase
WHERE phase IN ('new', 'ready', 'claimed', 'sent', 'held') GROUP BY 1, 2, 3
"""

LATEST = "SELECT id, document FROM tasks WHERE id < ? ORDER BY id DESC LIMIT ?"

# Each status gives its own newest from the index; then the newest of those. One IN over all of them would sort every
# task that has one of these statuses.
LATEST_IN_STATUS = """
SELECT id, document FROM tasks WHERE id IN (
    SELECT newest.value FROM json_each(:statuses) AS wanted, json_each((
        SELECT json_group_array(id) FROM (
            SELECT id FROM tasks WHERE status = wanted.value AND id < :before ORDER BY id DESC LIMIT :limit
        )
    )) AS newest
) ORDER BY id DESC LIMIT :limit
"""

# One owner's, along their own index: the statuses are looked at on the way.
LATEST_OF = """
SELECT id, document FROM tasks INDEXED BY tasks_owner
WHERE owner = :owner AND id < :before AND status IN (SELECT value FROM json_each(:statuses))
ORDER BY id DESC LIMIT :limit
"""

# Read from end to end, backwards: any piece of any word is looked for. An empty list or word asks for anything; lists
# are names between commas, with commas around. The narrow table makes it a few dozen milliseconds for 100,000 tasks.
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
"""  # noqa: S608 - the only thing put in is the constant above

COUNT_FOUND = f"SELECT count(*) FROM searched WHERE {_MATCHES}"  # noqa: S608 - as above

# By the time of the end, on from a time and a task. As above, for `tasks_open_end`.
OPEN_ENDS = """
SELECT id, document FROM tasks INDEXED BY tasks_open_end
WHERE open_end IS NOT NULL AND (open_end, id) > (?, ?) ORDER BY open_end, id LIMIT ?
"""

# ---------------------------------------------------------------- sends

INSERT_SEND = """
INSERT INTO sends (nonce, task_id, account, purpose, state, interaction_id, time) VALUES (?, ?, ?, ?, ?, ?, ?)
"""

# What is known for certain (posted, refused) is never unlearnt; an interaction id, once known, neither.
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

# Not the newest that is still there: retention may have taken it, and its id is never given again.
LAST_LINE = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'timeline'), 0)"

LAST_LINE_OF = "SELECT id, task_id, time, kind, detail FROM timeline WHERE task_id = ? ORDER BY id DESC LIMIT 1"

# ---------------------------------------------------------------- outbox

# Already there: the index `outbox_once` keeps the first, and that is no mistake.
INSERT_HOOK = """
INSERT INTO outbox (task_id, url, receiver, api, state, trusted, event, snapshot, due, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING
"""

# Once, however often the same is asked for.
INSERT_FOLLOWER = """
INSERT INTO followers (task_id, url, receiver, api, state, trusted, event, created)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (
    SELECT 1 FROM followers WHERE task_id = ?1 AND url = ?2 AND api = ?4 AND state IS ?5
)
"""

# Run whenever a task that is over is written, and when a caller follows one: whichever comes last finds the other.
INSERT_HOOKS_OF_FOLLOWERS = """
INSERT INTO outbox (task_id, url, receiver, api, state, trusted, event, due, created)
SELECT task_id, url, receiver, api, state, trusted, event, 0, :now FROM followers
WHERE task_id = :task AND task_id IN (
    SELECT id FROM tasks WHERE id = followers.task_id AND status IN ('SUCCESS', 'FAILURE', 'CANCEL')
)
ON CONFLICT DO NOTHING
"""

# The same for an end that corrects one that was told: to whom it was. Run before the task is written, while its row
# says another: so it is told once, however often the task is written after it, and whatever becomes of the clock.
INSERT_CORRECTIONS_OF_FOLLOWERS = """
INSERT INTO outbox (task_id, url, receiver, api, state, trusted, event, due, created)
SELECT DISTINCT task_id, url, receiver, api, state, trusted, 'corrected', 0, :now FROM followers
WHERE task_id = :task AND EXISTS (
    SELECT 1 FROM outbox AS told
    WHERE told.task_id = followers.task_id AND told.event = 'end' AND told.url = followers.url
    AND told.api = followers.api AND told.state IS followers.state
) AND NOT EXISTS (
    SELECT 1 FROM tasks WHERE id = followers.task_id AND status = :status AND document ->> '$.finish_time' IS :ended
)
"""

# Whose it is: the name of the secret that its task came with; "*" is the operator's own.
_OWNER = "iif(trusted, '*', (SELECT owner FROM tasks WHERE tasks.id = outbox.task_id))"

_DELIVERY = f"""
id, task_id, url, receiver, api, state, trusted, event, snapshot, attempts, due, status, last_error, created, settled,
last_status, {_OWNER} AS owner
"""

# Of each task and URL the oldest end alone: what is newer waits for it, and must not hide others' rows meanwhile.
# A step is told where nothing newer is owed: what comes later says more.
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

# As above, for the partial indexes: how many are due, and how many were given up.
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

# The newest that fit. One statement for each index: the conditions are letter for letter theirs. What is due, or was
# given up, is less than what a receiver was ever told.
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

# Before SETTLE, in its transaction. Nothing where the task, and with it the delivery, is gone meanwhile.
INSERT_LINE_OF_DELIVERY = """
INSERT INTO timeline (task_id, time, kind, detail) SELECT task_id, :time, :kind, :detail FROM outbox WHERE id = :id
"""

# Steps that are older than what has just been told to the same URL: they say nothing any more.
DROP_OLDER_STEPS = """
DELETE FROM outbox WHERE status = 'due' AND event NOT IN ('end', 'corrected') AND id < :id
AND (task_id, url) = (SELECT task_id, url FROM outbox WHERE id = :id)
"""

# What was delivered stays so. The waits begin anew.
DELIVER_AGAIN = """
UPDATE outbox SET status = 'due', due = :now, attempts = 0, settled = NULL WHERE id = :id AND status <> 'done'
"""

# ---------------------------------------------------------------- pictures

INSERT_PICTURE = "INSERT INTO pictures (task_id, filename, type, data) VALUES (?, ?, ?, ?)"

PICTURES = "SELECT filename, type, data FROM pictures WHERE task_id = ? ORDER BY id"

FORGET_PICTURES = "DELETE FROM pictures WHERE task_id = ?"

# ---------------------------------------------------------------- keys

# A key whose time is over is taken again.
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

# Those that were not used for longest, beyond the size. The index has all that is looked at.
DROP_TRANSLATIONS = """
DELETE FROM translations WHERE key IN (SELECT key FROM translations ORDER BY used DESC, key DESC LIMIT -1 OFFSET ?)
"""

# ---------------------------------------------------------------- importing

KNOWN_OLD_IDS = "SELECT old_id FROM imported WHERE old_id IN (SELECT value FROM json_each(?))"

IS_TAKEN = "SELECT 1 FROM tasks WHERE id = ?"

INSERT_OLD_ID = "INSERT INTO imported (old_id, task_id) VALUES (?, ?)"

# ---------------------------------------------------------------- removal

# The next finished tasks, oldest first: what one batch looks at, whatever comes of it.
FINISHED_WINDOW = """
SELECT id FROM tasks INDEXED BY tasks_phase WHERE phase = 'over' AND id > :after AND id < :below
ORDER BY id LIMIT :limit
"""

# When the oldest drawing in flight was sent. What ended later is needed to tell its results from others in history.
OLDEST_IN_FLIGHT = """
SELECT min(coalesce(json_extract(document, '$.start_time'), 0)) FROM tasks WHERE phase IN ('claimed', 'sent')
"""

# Not what still owes a call-back, nor the parent of a task in flight or waiting, nor what failed in silence so lately
# that its result may come, nor what an Idempotency-Key that is still good answers: sent again, that request would be
# paid for twice. All rows of a task go with it.
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

FREE_PAGES = "SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count"
