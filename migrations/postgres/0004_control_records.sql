-- Whoever checks a few records needs those by which their signers got their rights: few among many, by organisation.
-- Kind 1 is an event; every other kind is a control record.

CREATE INDEX record_control ON record (organisation_id, log_index) WHERE kind <> 1;
