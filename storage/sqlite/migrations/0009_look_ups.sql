-- What is looked for among everything that is over.

ALTER TABLE tasks ADD COLUMN open_end INTEGER;  -- ms: when it failed in silence, so that its result may come; or NULL

UPDATE tasks SET open_end = coalesce(document ->> '$.finish_time', 0)
WHERE status = 'FAILURE'
AND iif(json_valid(document), document ->> '$.fail_code', '') IN ('silence', 'outcome_unknown');

CREATE INDEX tasks_open_end ON tasks (open_end) WHERE open_end IS NOT NULL;
CREATE INDEX outbox_receiver ON outbox (receiver);
CREATE INDEX images_given_up ON images (id) WHERE state = 'given_up';
