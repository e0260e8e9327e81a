-- Who scans a label with a number of its own, counted so that copied stickers are noticed, and no more: no address, no
-- place finer than a province, no time finer than a day once the day is over.

-- A random salt a day, forgotten with it: whoever has the database cannot tell which phone it was, nor that it came again.
CREATE TABLE scan_salt (
    day  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    salt BYTEA NOT NULL
);

-- Today's phones, so that one is counted once a day: a keyed hash under the day's salt. Emptied when the day is over.
CREATE TABLE scan_phone (
    lot_uri  TEXT COLLATE "C" NOT NULL,
    number   BIGINT NOT NULL,
    phone    BYTEA NOT NULL,
    day      TEXT COLLATE "C" NOT NULL,
    at_ms    BIGINT NOT NULL,
    province TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lot_uri, number, phone, day)
);
CREATE INDEX scan_phone_by_day ON scan_phone (day);

-- Phones a label, day and province ('' where the phone named none).
CREATE TABLE scan_day (
    lot_uri  TEXT COLLATE "C" NOT NULL,
    number   BIGINT NOT NULL,
    day      TEXT COLLATE "C" NOT NULL,
    province TEXT COLLATE "C" NOT NULL,
    phones   BIGINT NOT NULL,
    PRIMARY KEY (lot_uri, number, day, province)
);

-- What speaks against a label by its scans, for its page and for the organisation that made the lot.
CREATE TABLE scan_sign (
    organisation_id BYTEA NOT NULL,
    lot_uri         TEXT COLLATE "C" NOT NULL,
    number          BIGINT NOT NULL,
    sign            TEXT COLLATE "C" NOT NULL,
    day             TEXT COLLATE "C" NOT NULL,
    detail          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation_id, lot_uri, number, sign)
);
CREATE INDEX scan_sign_of_label ON scan_sign (lot_uri, number);
