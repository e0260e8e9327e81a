-- Orders of exchanges, and what is taken of lots and listings for them. None of it is in the log until it is sold: then a
-- signed event says so, and `order_sale` keeps that record until it is logged. Nobody's name, telephone number or address
-- is here: who buys is the exchange's business.

-- What may be sold of a lot by who has it (`kind` lot), and of a listing by who offers it. `supply` follows from the records
-- and is written behind the log, in the transaction of the read models: what there is, with what was sold here put back.
-- `taken` is what orders hold of it, sold or not, and is moved by one conditional update; it stays when read models are made
-- again. `epoch` is the listing's record: a new offer begins at nothing taken. `told` is what webhooks last said of it, JSON.
CREATE TABLE stock (
    organisation_id BYTEA NOT NULL,
    uri             TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    unit            TEXT COLLATE "C" NOT NULL,
    supply          BIGINT NOT NULL,
    taken           BIGINT NOT NULL CHECK (taken >= 0),
    epoch           TEXT COLLATE "C" NOT NULL,
    standing        TEXT COLLATE "C" NOT NULL,
    from_ms         BIGINT NOT NULL,
    until_ms        BIGINT NOT NULL,
    price_dong      BIGINT NOT NULL,
    price_per       BIGINT NOT NULL,
    detail          TEXT COLLATE "C" NOT NULL,
    told            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation_id, uri)
);
CREATE INDEX stock_by_uri ON stock (uri);

-- How far `stock` follows the log. It never goes back: while read models are made again, stock stays as it was.
CREATE TABLE stock_mark (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL
);

-- `reference` is the exchange's own id of the order, `fingerprint` a hash of what was asked, `version` counts its steps.
-- `reason` is empty unless it is cancelled, `invoice` until there is one.
CREATE TABLE sale_order (
    order_id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    exchange_id     TEXT COLLATE "C" NOT NULL,
    reference       TEXT COLLATE "C" NOT NULL,
    organisation_id BYTEA NOT NULL,
    fingerprint     BYTEA NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    until_ms        BIGINT NOT NULL,
    created_ms      BIGINT NOT NULL,
    total_dong      BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    invoice         TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX sale_order_reference ON sale_order (exchange_id, reference);
CREATE INDEX sale_order_of_organisation ON sale_order (organisation_id, created_ms, order_id);
CREATE INDEX sale_order_of_exchange ON sale_order (exchange_id, created_ms, order_id);
CREATE INDEX sale_order_by_end ON sale_order (state, until_ms);

-- What was asked of one listing (`wanted`) and what it got (`amount`), at the price of that moment.
CREATE TABLE order_line (
    order_id      TEXT COLLATE "C" NOT NULL,
    line          BIGINT NOT NULL,
    listing_uri   TEXT COLLATE "C" NOT NULL,
    listing_epoch TEXT COLLATE "C" NOT NULL,
    product_uri   TEXT COLLATE "C" NOT NULL,
    title         TEXT COLLATE "C" NOT NULL,
    unit          TEXT COLLATE "C" NOT NULL,
    wanted        BIGINT NOT NULL,
    amount        BIGINT NOT NULL,
    price_dong    BIGINT NOT NULL,
    price_per     BIGINT NOT NULL,
    total_dong    BIGINT NOT NULL,
    PRIMARY KEY (order_id, line)
);

-- Which lot gives how much to a line: a recall finds its orders here.
CREATE TABLE order_allocation (
    order_id TEXT COLLATE "C" NOT NULL,
    line     BIGINT NOT NULL,
    lot_uri  TEXT COLLATE "C" NOT NULL,
    amount   BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (order_id, line, lot_uri)
);
CREATE INDEX order_allocation_of_lot ON order_allocation (lot_uri, order_id);

-- What was done with an order, when, and by whom: `exchange`, `seller` or `clock`.
CREATE TABLE order_step (
    order_id TEXT COLLATE "C" NOT NULL,
    version  BIGINT NOT NULL,
    step     TEXT COLLATE "C" NOT NULL,
    done_by  TEXT COLLATE "C" NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (order_id, version)
);

-- What the ledger still has to be told and nobody has signed: `sale`, or `take_back` of a sale.
CREATE TABLE order_owed (
    order_id        TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    organisation_id BYTEA NOT NULL,
    due_ms          BIGINT NOT NULL,
    PRIMARY KEY (order_id, kind)
);
CREATE INDEX order_owed_by_time ON order_owed (due_ms, order_id);

-- A record about an order, written down before it is sent: `signed`, `logged` (`log_index`) or `refused` (`refusal`).
CREATE TABLE order_sale (
    event_id   BYTEA NOT NULL PRIMARY KEY,
    order_id   TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    log_index  BIGINT NOT NULL,
    refusal    TEXT COLLATE "C" NOT NULL,
    signed_ms  BIGINT NOT NULL,
    bytes      BYTEA NOT NULL,
    openings   BYTEA NOT NULL
);
CREATE INDEX order_sale_of_order ON order_sale (order_id);
CREATE INDEX order_sale_by_state ON order_sale (state, signed_ms);

-- What a key of a request (Idempotency-Key) stood for, so that the same request is answered in the same way and another one
-- under the same key is refused.
CREATE TABLE idempotency_key (
    exchange_id TEXT COLLATE "C" NOT NULL,
    request_key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    order_id    TEXT COLLATE "C" NOT NULL,
    at_ms       BIGINT NOT NULL,
    PRIMARY KEY (exchange_id, request_key)
);
CREATE INDEX idempotency_key_by_time ON idempotency_key (at_ms);

-- Where buyers of an organisation transfer money to, for the code on an order's slip.
CREATE TABLE payee (
    organisation_id BYTEA NOT NULL PRIMARY KEY,
    bank            TEXT COLLATE "C" NOT NULL,
    account         TEXT COLLATE "C" NOT NULL
);
