-- As SQLite's migration of the same number.
CREATE INDEX tasks_waiting_beside ON tasks (id) WHERE phase IN ('new', 'ready')
AND (document_field(document, 'action') = 'VIDEO' OR document_field(document, 'mode_asked') = 'relaxed');
