PRAGMA user_version = 13;
BEGIN TRANSACTION;
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
INSERT INTO "facts" VALUES('MID_JOURNEY','parameter_refused','--oref with --v 8.2','`--oref` is not compatible with `--version 8.2`','22','1108302168013938688',12,'');
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
INSERT INTO "followers" VALUES(1,7,'http://follower.test/','http://follower.test:80','v1','theirs',0,'end',1234);
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
INSERT INTO "images" VALUES(1,6,'result','https://cdn.test/a.png','adbd1ba4-0123-4567-89ab-cdef01234567-0123456789abcdefghijklmnopqrstuv.png','disk','stored',0,0,'image/png',7,NULL,NULL,9,'');
CREATE TABLE imported (
    old_id TEXT PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
INSERT INTO "imported" VALUES('8a2c5959-1111-4222-8333-444455556666',6);
CREATE TABLE keys (
    key TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    created INTEGER NOT NULL
) STRICT;
INSERT INTO "keys" VALUES('digest of the key','digest of the body',1,1234);
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
, settled INTEGER, last_status INTEGER) STRICT;
INSERT INTO "outbox" VALUES(1,1,'http://receiver.test/hook','http://receiver.test:80','mj',NULL,0,'SUBMITTED','{"id":"1","action":"IMAGINE","prompt":"一只狗","state":"mine","notify_hook":"http://receiver.test/hook"}',0,0,'due','',1234,NULL,NULL);
INSERT INTO "outbox" VALUES(2,6,'http://receiver.test/hook','http://receiver.test:80','v1',NULL,0,'end',NULL,10,0,'done','answered 500',1234,8,500);
INSERT INTO "outbox" VALUES(3,7,'http://receiver.test/hook','http://receiver.test:80','v1',NULL,0,'end',NULL,10,0,'given_up','answered 500',1234,8,500);
INSERT INTO "outbox" VALUES(4,7,'http://follower.test/','http://follower.test:80','v1','theirs',0,'end',NULL,0,0,'due','',1234,NULL,NULL);
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;
INSERT INTO "pictures" VALUES(1,3,'a.png','image/png',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF');
CREATE TABLE searched (
    id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    action TEXT NOT NULL,
    words TEXT NOT NULL,  -- ASCII letters small, others as they are
    names TEXT NOT NULL  -- its id and its job's: any short number or word would be a piece of some
) STRICT;
INSERT INTO "searched" VALUES(1,'','NOT_START','IMAGINE','一只狗



mine
','1
');
INSERT INTO "searched" VALUES(2,'shop','NOT_START','IMAGINE','a dog




','2
');
INSERT INTO "searched" VALUES(3,'','NOT_START','BLEND','




','3
');
INSERT INTO "searched" VALUES(4,'','IN_PROGRESS','IMAGINE','in flight




','4
');
INSERT INTO "searched" VALUES(5,'','MODAL','INPAINT','




','5
');
INSERT INTO "searched" VALUES(6,'','SUCCESS','IMAGINE','a cat




','6
adbd1ba4-0123-4567-89ab-cdef01234567');
INSERT INTO "searched" VALUES(7,'','FAILURE','UPSCALE','




nothing was heard.','7
');
INSERT INTO "searched" VALUES(8,'','CANCEL','IMAGINE','




','8
');
CREATE TABLE sends (
    nonce TEXT PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    interaction_id TEXT,
    time INTEGER NOT NULL
) STRICT;
INSERT INTO "sends" VALUES('n0',4,'22','draw','written',NULL,0);
INSERT INTO "sends" VALUES('n1',4,'22','open','posted',NULL,1);
INSERT INTO "sends" VALUES('n2',4,'22','submit','refused',NULL,2);
INSERT INTO "sends" VALUES('n3',4,'22','cancel','unknown',NULL,3);
INSERT INTO "sends" VALUES('n4',4,'22','rate','written',NULL,4);
INSERT INTO "sends" VALUES('n5',4,'22','ask','posted',NULL,5);
INSERT INTO "sends" VALUES('n6',4,'22','switch','refused',NULL,6);
INSERT INTO "sends" VALUES('n99',6,'a','draw','written',NULL,0);
CREATE TABLE tallies (
    dimension TEXT NOT NULL,
    name TEXT NOT NULL,
    hour INTEGER NOT NULL,  -- since 1970
    n INTEGER NOT NULL,
    PRIMARY KEY (dimension, name, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO "tallies" VALUES('account','22',0,1);
INSERT INTO "tallies" VALUES('action','IMAGINE',0,2);
INSERT INTO "tallies" VALUES('action','UPSCALE',0,1);
INSERT INTO "tallies" VALUES('mode','',0,2);
INSERT INTO "tallies" VALUES('owner','',0,3);
INSERT INTO "tallies" VALUES('reason','silence',0,1);
INSERT INTO "tallies" VALUES('seconds','0',0,1);
INSERT INTO "tallies" VALUES('status','CANCEL',0,1);
INSERT INTO "tallies" VALUES('status','FAILURE',0,1);
INSERT INTO "tallies" VALUES('status','SUCCESS',0,1);
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
, owner TEXT NOT NULL DEFAULT '', open_end INTEGER) STRICT;
INSERT INTO "tasks" VALUES(1,'new','NOT_START','draw',NULL,NULL,NULL,NULL,'{"id":"1","action":"IMAGINE","prompt":"一只狗","state":"mine","notify_hook":"http://receiver.test/hook"}','',NULL);
INSERT INTO "tasks" VALUES(2,'ready','NOT_START','draw',NULL,NULL,NULL,NULL,'{"id":"2","phase":"ready","not_before":5,"attempts":1,"action":"IMAGINE","prompt":"a dog","owner":"shop"}','shop',NULL);
INSERT INTO "tasks" VALUES(3,'claimed','NOT_START','draw','22',NULL,NULL,NULL,'{"id":"3","phase":"claimed","account":"22","pictures":2,"action":"BLEND","bot":"NIJI_JOURNEY"}','',NULL);
INSERT INTO "tasks" VALUES(4,'sent','IN_PROGRESS','draw','22',NULL,NULL,NULL,'{"id":"4","status":"IN_PROGRESS","phase":"sent","account":"22","action":"IMAGINE","prompt":"in flight","progress":31,"mode":"fast","progress_message_id":"1108302168013938688"}','',NULL);
INSERT INTO "tasks" VALUES(5,'held','MODAL','draw',NULL,NULL,NULL,NULL,'{"id":"5","status":"MODAL","phase":"held","held_until":99,"action":"INPAINT","opens_dialog":true}','',NULL);
INSERT INTO "tasks" VALUES(6,'over','SUCCESS','draw','22','1108302168013938689','adbd1ba4-0123-4567-89ab-cdef01234567',NULL,'{"id":"6","status":"SUCCESS","phase":"over","account":"22","notes":["a note"],"action":"IMAGINE","prompt":"a cat","job_id":"adbd1ba4-0123-4567-89ab-cdef01234567","message_id":"1108302168013938689","image":{"url":"https://cdn.test/a.png","filename":"a.png","width":1024,"height":1024},"buttons":[{"custom_id":"MJ::JOB::upsample::1::adbd1ba4-0123-4567-89ab-cdef01234567","label":"U1","does":"UPSCALE","index":1,"is_quick":true}],"finish_time":9}','',NULL);
INSERT INTO "tasks" VALUES(7,'over','FAILURE','quick',NULL,NULL,NULL,'6 MJ::JOB::upsample::1::adbd1ba4-0123-4567-89ab-cdef01234567','{"id":"7","status":"FAILURE","phase":"over","lane":"quick","action":"UPSCALE","index":1,"parent_id":"6","custom_id":"MJ::JOB::upsample::1::adbd1ba4-0123-4567-89ab-cdef01234567","finish_time":10,"fail_code":"silence","fail_reason":"Nothing was heard."}','',10);
INSERT INTO "tasks" VALUES(8,'over','CANCEL','draw',NULL,NULL,NULL,NULL,'{"id":"8","status":"CANCEL","phase":"over","action":"IMAGINE","finish_time":11}','',NULL);
CREATE TABLE timeline (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a listener goes on from the last one it has seen
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    time INTEGER NOT NULL,  -- ms
    kind TEXT NOT NULL,
    detail TEXT NOT NULL  -- JSON: text, numbers and null by name
) STRICT;
INSERT INTO "timeline" VALUES(1,4,7,'changed','{"status":"IN_PROGRESS","progress":31}');
CREATE TABLE translations (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    provider TEXT NOT NULL,
    created INTEGER NOT NULL,  -- ms
    used INTEGER NOT NULL  -- ms, to the day: the oldest give way when there are too many
) STRICT;
INSERT INTO "translations" VALUES('digest of the text','a dog','DeepL',1234,1234);
CREATE INDEX tasks_phase ON tasks (phase);
CREATE INDEX tasks_status ON tasks (status);
CREATE INDEX tasks_message ON tasks (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX tasks_job ON tasks (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX tasks_pressed ON tasks (pressed) WHERE pressed IS NOT NULL;
CREATE INDEX tasks_waiting ON tasks (id) WHERE phase IN ('new', 'ready');
CREATE INDEX tasks_in_flight ON tasks (account) WHERE phase IN ('claimed', 'sent') AND lane = 'draw';
CREATE INDEX sends_task ON sends (task_id);
CREATE INDEX outbox_due ON outbox (due) WHERE status = 'due';
CREATE INDEX outbox_task ON outbox (task_id);
CREATE UNIQUE INDEX outbox_once ON outbox (task_id, url, api, state IS NULL, coalesce(state, '')) WHERE event = 'end';
CREATE INDEX followers_task ON followers (task_id);
CREATE INDEX pictures_task ON pictures (task_id);
CREATE INDEX keys_task ON keys (task_id);
CREATE INDEX timeline_task ON timeline (task_id);
CREATE INDEX tasks_owner ON tasks (owner, id);
CREATE INDEX tasks_owner_waiting ON tasks (owner) WHERE phase IN ('new', 'ready');
CREATE INDEX outbox_given_up ON outbox (id) WHERE status = 'given_up';
CREATE INDEX imported_task ON imported (task_id);
CREATE INDEX sends_paid ON sends (time) WHERE purpose IN ('draw', 'submit') AND state <> 'refused';
CREATE INDEX translations_used ON translations (used, key);
CREATE UNIQUE INDEX images_once ON images (task_id, role, url);
CREATE INDEX images_due ON images (due) WHERE state = 'due';
CREATE INDEX images_stored ON images (state, created, size) WHERE state = 'stored';
CREATE INDEX tasks_open_end ON tasks (open_end) WHERE open_end IS NOT NULL;
CREATE INDEX outbox_receiver ON outbox (receiver);
CREATE INDEX images_given_up ON images (id) WHERE state = 'given_up';
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
CREATE TRIGGER tasks_searched AFTER INSERT ON tasks BEGIN
    INSERT INTO searched SELECT id, owner, status, action, words, names FROM searchable WHERE id = NEW.id;
END;
CREATE TRIGGER tasks_searched_anew AFTER UPDATE OF status, document ON tasks BEGIN
    INSERT INTO searched SELECT id, owner, status, action, words, names FROM searchable WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, words = excluded.words, names = excluded.names
    WHERE status <> excluded.status OR words <> excluded.words OR names <> excluded.names;
END;
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
CREATE TRIGGER tasks_untallied BEFORE UPDATE OF status ON tasks
WHEN NEW.status <> OLD.status AND OLD.status IN ('SUCCESS', 'FAILURE', 'CANCEL') BEGIN
    INSERT INTO tallies SELECT dimension, name, hour, 0 FROM tallied WHERE id = OLD.id
    ON CONFLICT DO UPDATE SET n = n - 1;
END;
CREATE INDEX tasks_waiting_beside ON tasks (id) WHERE phase IN ('new', 'ready') AND CASE WHEN json_valid(document)
THEN document ->> '$.action' = 'VIDEO' OR document ->> '$.mode_asked' = 'relaxed' END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('timeline',1);
COMMIT;
