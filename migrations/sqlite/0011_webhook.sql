-- What exchanges are told without asking (Standard Webhooks): where to, what, and how far each message came. A message is
-- written in the transaction of the change that it tells of, so that neither is without the other. Secrets are not here:
-- they are made from a key file of the operator's and the endpoint's name.

-- `kinds` are separated by spaces, empty is all. Messages about entries below `since_index` are not sent there.
-- `generation` counts its secrets; until `old_until_ms` the one before signs too.
CREATE TABLE webhook_endpoint (
    endpoint_id   TEXT    NOT NULL PRIMARY KEY,
    exchange_id   TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    kinds         TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    generation    INTEGER NOT NULL,
    old_until_ms  INTEGER NOT NULL,
    since_index   INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_endpoint_of_exchange ON webhook_endpoint (exchange_id, endpoint_id);

-- `exchange_id` is empty for what everybody may hear. `spread` is 1 once there is a delivery for each endpoint.
CREATE TABLE webhook_message (
    message_id  TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    exchange_id TEXT    NOT NULL,
    log_index   INTEGER NOT NULL,
    made_ms     INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    spread      INTEGER NOT NULL CHECK (spread IN (0, 1))
) STRICT;
CREATE INDEX webhook_message_to_spread ON webhook_message (spread, made_ms, message_id);

-- `waiting` until `next_ms`, `delivered`, or `dead`: then it is tried no more unless somebody asks.
CREATE TABLE webhook_delivery (
    endpoint_id TEXT    NOT NULL,
    message_id  TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    next_ms     INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    error       TEXT    NOT NULL,
    changed_ms  INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_by_time ON webhook_delivery (state, next_ms);
CREATE INDEX webhook_delivery_of_endpoint ON webhook_delivery (endpoint_id, state, next_ms);
