-- Who scans a label with a number of its own, counted so that copied stickers are noticed, and no more: no address, no
-- place finer than a province, no time finer than a day once the day is over.

-- A random salt a day, forgotten with it: whoever has the database cannot tell which phone it was, nor that it came again.
CREATE TABLE scan_salt (
    day  TEXT NOT NULL PRIMARY KEY,
    salt BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Today's phones, so that one is counted once a day: a keyed hash under the day's salt. Emptied when the day is over.
CREATE TABLE scan_phone (
    lot_uri  TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    phone    BLOB    NOT NULL,
    day      TEXT    NOT NULL,
    at_ms    INTEGER NOT NULL,
    province TEXT    NOT NULL,
    PRIMARY KEY (lot_uri, number, phone, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_phone_by_day ON scan_phone (day);

-- Phones a label, day and province ('' where the phone named none).
CREATE TABLE scan_day (
    lot_uri  TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    day      TEXT    NOT NULL,
    province TEXT    NOT NULL,
    phones   INTEGER NOT NULL,
    PRIMARY KEY (lot_uri, number, day, province)
) STRICT, WITHOUT ROWID;

-- What speaks against a label by its scans, for its page and for the organisation that made the lot.
CREATE TABLE scan_sign (
    organisation_id BLOB    NOT NULL,
    lot_uri         TEXT    NOT NULL,
    number          INTEGER NOT NULL,
    sign            TEXT    NOT NULL,
    day             TEXT    NOT NULL,
    detail          TEXT    NOT NULL,
    PRIMARY KEY (organisation_id, lot_uri, number, sign)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_sign_of_label ON scan_sign (lot_uri, number);
