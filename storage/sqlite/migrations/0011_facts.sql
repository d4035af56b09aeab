-- What MidJourney's messages and Discord's command index have shown, per bot. One row per kind and subject.
CREATE TABLE facts (
    bot TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    value TEXT NOT NULL,
    account TEXT NOT NULL,
    message_id TEXT NOT NULL,
    learned INTEGER NOT NULL,
    sample TEXT NOT NULL,
    PRIMARY KEY (bot, kind, subject)
) STRICT, WITHOUT ROWID;
