-- Tasks, what was sent for them, and the call-backs they owe.
--
-- A task is one JSON document; the columns beside it are copies, there only to be looked up and counted by.
-- Ordinary rowid tables: with documents of 1 kB, WITHOUT ROWID measured 3 to 8 times slower.

CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,  -- the task's id is a number that rises with time, so the row id is the queue's order
    phase TEXT NOT NULL,
    status TEXT NOT NULL,
    lane TEXT NOT NULL,
    account TEXT,
    message_id TEXT,
    job_id TEXT,
    pressed TEXT,  -- the parent's id and the button's custom_id: which tasks press the same button
    document TEXT NOT NULL
) STRICT;

-- Every index ends with the row id: within one phase or status the tasks are in the queue's order.
CREATE INDEX tasks_phase ON tasks (phase);
CREATE INDEX tasks_status ON tasks (status);
CREATE INDEX tasks_message ON tasks (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX tasks_job ON tasks (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX tasks_pressed ON tasks (pressed) WHERE pressed IS NOT NULL;

-- Small whatever the table's size: finished tasks are not in them.
CREATE INDEX tasks_waiting ON tasks (id) WHERE phase IN ('new', 'ready');
CREATE INDEX tasks_in_flight ON tasks (account) WHERE phase IN ('claimed', 'sent') AND lane = 'draw';

CREATE TABLE sends (
    nonce TEXT PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    interaction_id TEXT,
    time INTEGER NOT NULL
) STRICT;

CREATE INDEX sends_task ON sends (task_id);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    receiver TEXT NOT NULL,  -- scheme://host:port of the URL: what deliveries are limited by, and all that is logged
    api TEXT NOT NULL,
    state TEXT,  -- NULL: the task's own
    trusted INTEGER NOT NULL,
    event TEXT NOT NULL,
    snapshot TEXT,  -- the task as it was, for a step on the way; forgotten when told
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,  -- ms; 0: at once
    status TEXT NOT NULL DEFAULT 'due',  -- due | done | given_up
    last_error TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_due ON outbox (due) WHERE status = 'due';
CREATE INDEX outbox_task ON outbox (task_id);

-- A task's end is told to each caller once. Two callers of one task may share a URL and differ in `state` or `api`.
CREATE UNIQUE INDEX outbox_once ON outbox (task_id, url, api, state IS NULL, coalesce(state, '')) WHERE event = 'end';

-- Callers who asked for a task that another had asked for before: they hear of its end, too.
CREATE TABLE followers (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    receiver TEXT NOT NULL,
    api TEXT NOT NULL,
    state TEXT,
    trusted INTEGER NOT NULL,
    event TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE INDEX followers_task ON followers (task_id);

-- Pictures that callers brought, until their task is over.
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX pictures_task ON pictures (task_id);

-- Idempotency-Keys of callers: digests alone.
CREATE TABLE keys (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    created INTEGER NOT NULL
) STRICT;

CREATE INDEX keys_task ON keys (task_id);
