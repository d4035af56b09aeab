-- What an operator asks about a call-back: when it was settled, and what was answered.

ALTER TABLE outbox ADD COLUMN settled INTEGER;  -- ms; NULL while it is due
ALTER TABLE outbox ADD COLUMN last_status INTEGER;  -- the HTTP status of the last answer; NULL when there was none

CREATE INDEX outbox_given_up ON outbox (id) WHERE status = 'given_up';
