-- How much each account has drawn today is counted from what was sent.

CREATE INDEX sends_paid ON sends (time) WHERE purpose IN ('draw', 'submit') AND state <> 'refused';
