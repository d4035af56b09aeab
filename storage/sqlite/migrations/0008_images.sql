-- Copies of results, one row for each picture of a task. A row is written with the change that brought the picture, and
-- names the file before it is loaded, so that whatever breaks off is done once more and makes no second file.

CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    task_id INTEGER REFERENCES tasks (id) ON DELETE SET NULL,  -- NULL: it is wanted no more; the file goes, then the row
    role TEXT NOT NULL,  -- result | preview
    url TEXT NOT NULL,  -- at Discord, without the signature
    name TEXT NOT NULL UNIQUE,  -- of our file; nobody can guess it
    place TEXT NOT NULL,  -- disk | s3
    state TEXT NOT NULL DEFAULT 'due',  -- due | stored | given_up | removed
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,  -- ms
    type TEXT NOT NULL DEFAULT '',  -- by the file's own bytes, once it is stored
    size INTEGER NOT NULL DEFAULT 0,  -- bytes
    width INTEGER,
    height INTEGER,
    created INTEGER NOT NULL,  -- ms
    last_error TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX images_once ON images (task_id, role, url);
CREATE INDEX images_due ON images (due) WHERE state = 'due';
CREATE INDEX images_stored ON images (state, created, size) WHERE state = 'stored';
