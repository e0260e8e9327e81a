-- A sign against a label never ended, also when its maker had gone and looked: one pack that a school class passed around stood under
-- suspicion for good. Who made the lot says what came of looking; that is kept, shown with the label, and later scans of it raise
-- the sign anew. Follows from no record, like the scans themselves.

-- `signs` is what stood against the label, JSON; `counted` the phones of that day by province, JSON: what came later that day is more.
CREATE TABLE scan_settled (
    lot_uri         TEXT COLLATE "C" NOT NULL,
    number          BIGINT NOT NULL,
    settled_at_ms   BIGINT NOT NULL,
    day             TEXT COLLATE "C" NOT NULL,
    organisation_id BYTEA NOT NULL,
    author          BYTEA NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    signs           TEXT COLLATE "C" NOT NULL,
    counted         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lot_uri, number, settled_at_ms)
);
