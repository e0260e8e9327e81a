-- What exchanges are told without asking (Standard Webhooks): where to, what, and how far each message came. A message is
-- written in the transaction of the change that it tells of, so that neither is without the other. Secrets are not here:
-- they are made from a key file of the operator's and the endpoint's name.

-- `kinds` are separated by spaces, empty is all. Messages about entries below `since_index` are not sent there.
-- `generation` counts its secrets; until `old_until_ms` the one before signs too.
CREATE TABLE webhook_endpoint (
    endpoint_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    exchange_id   TEXT COLLATE "C" NOT NULL,
    url           TEXT COLLATE "C" NOT NULL,
    kinds         TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    generation    BIGINT NOT NULL,
    old_until_ms  BIGINT NOT NULL,
    since_index   BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL
);
CREATE INDEX webhook_endpoint_of_exchange ON webhook_endpoint (exchange_id, endpoint_id);

-- `exchange_id` is empty for what everybody may hear. `spread` is 1 once there is a delivery for each endpoint.
CREATE TABLE webhook_message (
    message_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind        TEXT COLLATE "C" NOT NULL,
    exchange_id TEXT COLLATE "C" NOT NULL,
    log_index   BIGINT NOT NULL,
    made_ms     BIGINT NOT NULL,
    body        TEXT COLLATE "C" NOT NULL,
    spread      BIGINT NOT NULL CHECK (spread IN (0, 1))
);
CREATE INDEX webhook_message_to_spread ON webhook_message (spread, made_ms, message_id);

-- `waiting` until `next_ms`, `delivered`, or `dead`: then it is tried no more unless somebody asks.
CREATE TABLE webhook_delivery (
    endpoint_id TEXT COLLATE "C" NOT NULL,
    message_id  TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    attempts    BIGINT NOT NULL,
    next_ms     BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    error       TEXT COLLATE "C" NOT NULL,
    changed_ms  BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, message_id)
);
CREATE INDEX webhook_delivery_by_time ON webhook_delivery (state, next_ms);
CREATE INDEX webhook_delivery_of_endpoint ON webhook_delivery (endpoint_id, state, next_ms);
