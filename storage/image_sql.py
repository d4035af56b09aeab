"""The SQL statements on the table of copies. `storage.sql` has all others."""

# The picture may already be listed: a task is also saved for other changes, such as its seed.
INSERT_IMAGE = """
INSERT INTO images (task_id, role, url, name, place, due, width, height, created)
VALUES (:task, :role, :url, :name, :place, :now, :width, :height, :now) ON CONFLICT DO NOTHING
"""

# A preview is needed until the next one, or the result, arrives.
FORGET_PREVIEWS = """
UPDATE images SET task_id = NULL
WHERE role = 'preview' AND task_id = :task AND url <> :but
"""

# Delay the webhook of an end until its copy exists, if the copy was requested in this transaction.
HOLD_HOOKS = """
UPDATE outbox SET due = :until
WHERE task_id = :task AND status = 'due' AND due = 0 AND attempts = 0 AND event IN ('end', 'corrected')
AND EXISTS (SELECT 1 FROM images WHERE images.task_id = :task AND state = 'due' AND images.created = :now)
"""

RELEASE_HOOKS = """
UPDATE outbox SET due = 0
WHERE task_id = ? AND status = 'due' AND due > 0 AND attempts = 0 AND event IN ('end', 'corrected')
"""

_IMAGE = "id, task_id, role, url, name, place, state, attempts, due, type, size, width, height, created, last_error"

IMAGES_DUE = f"""
SELECT {_IMAGE} FROM images
WHERE state = 'due' AND due <= :now AND task_id IS NOT NULL AND id NOT IN (SELECT value FROM json_each(:without))
ORDER BY due, id LIMIT :limit
"""  # noqa: S608 - only the constant above is inserted

NEXT_IMAGE_DUE = "SELECT min(due) FROM images WHERE state = 'due' AND task_id IS NOT NULL AND due > ?"

IMAGE_NAMED = f"SELECT {_IMAGE} FROM images WHERE name = ?"  # noqa: S608 - as above

IMAGES_OF_TASK = f"SELECT {_IMAGE} FROM images WHERE task_id = ? ORDER BY id"  # noqa: S608 - as above

IMAGES_UNWANTED = f"""
SELECT {_IMAGE} FROM images WHERE task_id IS NULL AND place IN (SELECT value FROM json_each(?)) LIMIT ?
"""  # noqa: S608 - as above

# Oldest first, from the index only.
IMAGES_OLDEST = f"""
SELECT {_IMAGE} FROM images
WHERE state = 'stored' AND created < ? AND task_id IS NOT NULL AND place IN (SELECT value FROM json_each(?))
ORDER BY created LIMIT ?
"""  # noqa: S608 - as above

IMAGES_SIZE = "SELECT coalesce(sum(size), 0) FROM images INDEXED BY images_stored WHERE state = 'stored'"

# The numbers of due, given-up and stored copies, and the bytes of stored ones: from the indexes only, 5 ms for 100,000.
COUNT_IMAGES = """
SELECT (SELECT count(*) FROM images INDEXED BY images_due WHERE state = 'due'),
    (SELECT count(*) FROM images INDEXED BY images_given_up WHERE state = 'given_up'),
    count(*), coalesce(sum(size), 0)
FROM images INDEXED BY images_stored WHERE state = 'stored'
"""

# Copies that are not stored yet may change their place.
MOVE_DUE = "UPDATE images SET place = ? WHERE state = 'due'"

SETTLE_IMAGE = """
UPDATE images SET state = :state, due = coalesce(:due, due), last_error = :error, attempts = attempts + :counts
WHERE id = :id
"""

WRITTEN_IMAGE = "UPDATE images SET type = :type, size = :size, last_error = '' WHERE id = :id"

STORED_IMAGE = "UPDATE images SET state = 'stored' WHERE id = ?"

FORGET_IMAGE = "DELETE FROM images WHERE id = ?"
