-- Waiting tasks that may have a free slot while those for fast images are taken: clips and relaxed drawings.
CREATE INDEX tasks_waiting_beside ON tasks (id) WHERE phase IN ('new', 'ready') AND CASE WHEN json_valid(document)
THEN document ->> '$.action' = 'VIDEO' OR document ->> '$.mode_asked' = 'relaxed' END;
