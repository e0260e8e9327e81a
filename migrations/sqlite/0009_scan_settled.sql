-- A sign against a label never ended, also when its maker had gone and looked: one pack that a school class passed around stood under
-- suspicion for good. Who made the lot says what came of looking; that is kept, shown with the label, and later scans of it raise
-- the sign anew. Follows from no record, like the scans themselves.

-- `signs` is what stood against the label, JSON; `counted` the phones of that day by province, JSON: what came later that day is more.
CREATE TABLE scan_settled (
    lot_uri         TEXT    NOT NULL,
    number          INTEGER NOT NULL,
    settled_at_ms   INTEGER NOT NULL,
    day             TEXT    NOT NULL,
    organisation_id BLOB    NOT NULL,
    author          BLOB    NOT NULL,
    reason          TEXT    NOT NULL,
    signs           TEXT    NOT NULL,
    counted         TEXT    NOT NULL,
    PRIMARY KEY (lot_uri, number, settled_at_ms)
) STRICT, WITHOUT ROWID;
