-- Under which id a task was known to the service that it was imported from: its callers go on naming it so.

CREATE TABLE imported (
    old_id TEXT PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX imported_task ON imported (task_id);
