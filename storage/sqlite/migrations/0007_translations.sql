-- Translations made before. Their key is a digest of the original: the prompts themselves stand in the tasks alone.

CREATE TABLE translations (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    provider TEXT NOT NULL,
    created INTEGER NOT NULL,  -- ms
    used INTEGER NOT NULL  -- ms, to the day: the oldest give way when there are too many
) STRICT;

CREATE INDEX translations_used ON translations (used, key);
