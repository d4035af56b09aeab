-- What happened to each task, in order: how an operator answers "why", and what streams of events are read from.

CREATE TABLE timeline (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a listener goes on from the last one it has seen
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    time INTEGER NOT NULL,  -- ms
    kind TEXT NOT NULL,
    detail TEXT NOT NULL  -- JSON: text, numbers and null by name
) STRICT;

CREATE INDEX timeline_task ON timeline (task_id);
