-- What tasks are searched by: their words, in a narrow table of its own. A search reads all of it, as it looks for any
-- piece of any word, Chinese ones of one letter too; that is a tenth of what reading the documents would be.

CREATE TABLE searched (
    id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    action TEXT NOT NULL,
    words TEXT NOT NULL,  -- ASCII letters small, others as they are
    names TEXT NOT NULL  -- its id and its job's: any short number or word would be a piece of some
) STRICT;

CREATE VIEW searchable AS
SELECT
    id,
    owner,
    status,
    coalesce(document ->> '$.action', '') AS action,
    lower(
        coalesce(document ->> '$.prompt', '') || char(10) || coalesce(document ->> '$.prompt_en', '')
        || char(10) || coalesce(document ->> '$.echoed_prompt', '')
        || char(10) || coalesce(document ->> '$.description', '')
        || char(10) || coalesce(document ->> '$.state', '') || char(10) || coalesce(document ->> '$.fail_reason', '')
    ) AS words,
    lower(id || char(10) || coalesce(document ->> '$.job_id', '')) AS names
FROM (SELECT id, owner, status, iif(json_valid(document), document, '{}') AS document FROM tasks);

INSERT INTO searched SELECT id, owner, status, action, words, names FROM searchable;

CREATE TRIGGER tasks_searched AFTER INSERT ON tasks BEGIN
    INSERT INTO searched SELECT id, owner, status, action, words, names FROM searchable WHERE id = NEW.id;
END;

CREATE TRIGGER tasks_searched_anew AFTER UPDATE OF status, document ON tasks BEGIN
    INSERT INTO searched SELECT id, owner, status, action, words, names FROM searchable WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, words = excluded.words, names = excluded.names
    WHERE status <> excluded.status OR words <> excluded.words OR names <> excluded.names;
END;
