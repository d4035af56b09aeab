-- Whose a task is: the name of the secret with which it was submitted. '' is whoever has an unnamed secret, or none.

ALTER TABLE tasks ADD COLUMN owner TEXT NOT NULL DEFAULT '';

CREATE INDEX tasks_owner ON tasks (owner, id);
CREATE INDEX tasks_owner_waiting ON tasks (owner) WHERE phase IN ('new', 'ready');
