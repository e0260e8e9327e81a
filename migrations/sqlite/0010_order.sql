-- Orders of exchanges, and what is taken of lots and listings for them. None of it is in the log until it is sold: then a
-- signed event says so, and `order_sale` keeps that record until it is logged. Nobody's name, telephone number or address
-- is here: who buys is the exchange's business.

-- What may be sold of a lot by who has it (`kind` lot), and of a listing by who offers it. `supply` follows from the records
-- and is written behind the log, in the transaction of the read models: what there is, with what was sold here put back.
-- `taken` is what orders hold of it, sold or not, and is moved by one conditional update; it stays when read models are made
-- again. `epoch` is the listing's record: a new offer begins at nothing taken. `told` is what webhooks last said of it, JSON.
CREATE TABLE stock (
    organisation_id BLOB    NOT NULL,
    uri             TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    unit            TEXT    NOT NULL,
    supply          INTEGER NOT NULL,
    taken           INTEGER NOT NULL CHECK (taken >= 0),
    epoch           TEXT    NOT NULL,
    standing        TEXT    NOT NULL,
    from_ms         INTEGER NOT NULL,
    until_ms        INTEGER NOT NULL,
    price_dong      INTEGER NOT NULL,
    price_per       INTEGER NOT NULL,
    detail          TEXT    NOT NULL,
    told            TEXT    NOT NULL,
    PRIMARY KEY (organisation_id, uri)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_by_uri ON stock (uri);

-- How far `stock` follows the log. It never goes back: while read models are made again, stock stays as it was.
CREATE TABLE stock_mark (
    name TEXT    NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT;

-- `reference` is the exchange's own id of the order, `fingerprint` a hash of what was asked, `version` counts its steps.
-- `reason` is empty unless it is cancelled, `invoice` until there is one.
CREATE TABLE sale_order (
    order_id        TEXT    NOT NULL PRIMARY KEY,
    exchange_id     TEXT    NOT NULL,
    reference       TEXT    NOT NULL,
    organisation_id BLOB    NOT NULL,
    fingerprint     BLOB    NOT NULL,
    state           TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    until_ms        INTEGER NOT NULL,
    created_ms      INTEGER NOT NULL,
    total_dong      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    invoice         TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX sale_order_reference ON sale_order (exchange_id, reference);
CREATE INDEX sale_order_of_organisation ON sale_order (organisation_id, created_ms, order_id);
CREATE INDEX sale_order_of_exchange ON sale_order (exchange_id, created_ms, order_id);
CREATE INDEX sale_order_by_end ON sale_order (state, until_ms);

-- What was asked of one listing (`wanted`) and what it got (`amount`), at the price of that moment.
CREATE TABLE order_line (
    order_id      TEXT    NOT NULL,
    line          INTEGER NOT NULL,
    listing_uri   TEXT    NOT NULL,
    listing_epoch TEXT    NOT NULL,
    product_uri   TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    unit          TEXT    NOT NULL,
    wanted        INTEGER NOT NULL,
    amount        INTEGER NOT NULL,
    price_dong    INTEGER NOT NULL,
    price_per     INTEGER NOT NULL,
    total_dong    INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;

-- Which lot gives how much to a line: a recall finds its orders here.
CREATE TABLE order_allocation (
    order_id TEXT    NOT NULL,
    line     INTEGER NOT NULL,
    lot_uri  TEXT    NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (order_id, line, lot_uri)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_allocation_of_lot ON order_allocation (lot_uri, order_id);

-- What was done with an order, when, and by whom: `exchange`, `seller` or `clock`.
CREATE TABLE order_step (
    order_id TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    step     TEXT    NOT NULL,
    done_by  TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) STRICT, WITHOUT ROWID;

-- What the ledger still has to be told and nobody has signed: `sale`, or `take_back` of a sale.
CREATE TABLE order_owed (
    order_id        TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    organisation_id BLOB    NOT NULL,
    due_ms          INTEGER NOT NULL,
    PRIMARY KEY (order_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_owed_by_time ON order_owed (due_ms, order_id);

-- A record about an order, written down before it is sent: `signed`, `logged` (`log_index`) or `refused` (`refusal`).
CREATE TABLE order_sale (
    event_id   BLOB    NOT NULL PRIMARY KEY,
    order_id   TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    log_index  INTEGER NOT NULL,
    refusal    TEXT    NOT NULL,
    signed_ms  INTEGER NOT NULL,
    bytes      BLOB    NOT NULL,
    openings   BLOB    NOT NULL
) STRICT;
CREATE INDEX order_sale_of_order ON order_sale (order_id);
CREATE INDEX order_sale_by_state ON order_sale (state, signed_ms);

-- What a key of a request (Idempotency-Key) stood for, so that the same request is answered in the same way and another one
-- under the same key is refused.
CREATE TABLE idempotency_key (
    exchange_id TEXT    NOT NULL,
    request_key TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    order_id    TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (exchange_id, request_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_key_by_time ON idempotency_key (at_ms);

-- Where buyers of an organisation transfer money to, for the code on an order's slip.
CREATE TABLE payee (
    organisation_id BLOB NOT NULL PRIMARY KEY,
    bank            TEXT NOT NULL,
    account         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
