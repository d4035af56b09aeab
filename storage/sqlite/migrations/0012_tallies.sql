-- How many tasks ended, per hour and property. Statistics read these few rows, not the documents of 100,000 tasks, and
-- outlive the retention of tasks. `dimension`: status, action, mode, account, owner, reason (of failures), or seconds
-- (from submit to the end of a successful drawing, to about 5 %).
CREATE TABLE tallies (
    dimension TEXT NOT NULL,
    name TEXT NOT NULL,
    hour INTEGER NOT NULL,  -- since 1970
    n INTEGER NOT NULL,
    PRIMARY KEY (dimension, name, hour)
) STRICT, WITHOUT ROWID;

CREATE VIEW finished AS
SELECT
    id,
    lane,
    status,
    coalesce(document ->> '$.finish_time', id / 1000) / 3600000 AS hour,
    coalesce(document ->> '$.action', '') AS action,
    coalesce(document ->> '$.mode', document ->> '$.mode_asked', '') AS mode,
    coalesce(account, '') AS account,
    owner,
    coalesce(document ->> '$.fail_code', '') AS reason,
    max(0, coalesce(document ->> '$.finish_time', 0) - coalesce(document ->> '$.submit_time', id / 1000)) / 1000
    AS seconds
FROM (
    SELECT id, lane, status, account, owner, iif(json_valid(document), document, '{}') AS document
    FROM tasks WHERE status IN ('SUCCESS', 'FAILURE', 'CANCEL')
);

CREATE VIEW tallied AS
SELECT id, hour, 'status' AS dimension, status AS name FROM finished
UNION ALL SELECT id, hour, 'action', action FROM finished
UNION ALL SELECT id, hour, 'mode', mode FROM finished WHERE lane = 'draw'
UNION ALL SELECT id, hour, 'account', account FROM finished WHERE account <> ''
UNION ALL SELECT id, hour, 'owner', owner FROM finished
UNION ALL SELECT id, hour, 'reason', reason FROM finished WHERE status = 'FAILURE'
UNION ALL SELECT
    id,
    hour,
    'seconds',
    CAST(CASE
        WHEN seconds < 20 THEN seconds
        WHEN seconds < 60 THEN (seconds + 1) / 2 * 2
        WHEN seconds < 120 THEN (seconds + 2) / 5 * 5
        WHEN seconds < 300 THEN (seconds + 5) / 10 * 10
        WHEN seconds < 900 THEN (seconds + 15) / 30 * 30
        WHEN seconds < 3600 THEN (seconds + 60) / 120 * 120
        ELSE (seconds + 300) / 600 * 600
    END AS TEXT)
FROM finished WHERE lane = 'draw' AND status = 'SUCCESS';

INSERT INTO tallies SELECT dimension, name, hour, count(*) FROM tallied GROUP BY dimension, name, hour;

CREATE TRIGGER tasks_tallied_at_once AFTER INSERT ON tasks
WHEN NEW.status IN ('SUCCESS', 'FAILURE', 'CANCEL') BEGIN
    INSERT INTO tallies SELECT dimension, name, hour, 1 FROM tallied WHERE id = NEW.id
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER tasks_tallied AFTER UPDATE OF status ON tasks
WHEN NEW.status <> OLD.status AND NEW.status IN ('SUCCESS', 'FAILURE', 'CANCEL') BEGIN
    INSERT INTO tallies SELECT dimension, name, hour, 1 FROM tallied WHERE id = NEW.id
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- An end that is replaced no longer counts: a late result, a retry by the operator.
CREATE TRIGGER tasks_untallied BEFORE UPDATE OF status ON tasks
WHEN NEW.status <> OLD.status AND OLD.status IN ('SUCCESS', 'FAILURE', 'CANCEL') BEGIN
    INSERT INTO tallies SELECT dimension, name, hour, 0 FROM tallied WHERE id = OLD.id
    ON CONFLICT DO UPDATE SET n = n - 1;
END;
