-- What shoppers tell of suspicious stickers, and which pictures were taken away. None of it follows from the log, and none of
-- it is public: a report says something about somebody, and may hold the telephone number of who says it.

-- One row a case. Empty text is "not said", 0 is "not yet": no column may be null. `organisation_id` is the maker of the lot,
-- and empty if no lot is known. `contact` is erased some time after the case was closed.
CREATE TABLE report (
    case_number     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organisation_id BYTEA NOT NULL,
    lot_uri         TEXT COLLATE "C" NOT NULL,
    about           TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    words           TEXT COLLATE "C" NOT NULL,
    contact         TEXT COLLATE "C" NOT NULL,
    received_at_ms  BIGINT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    answer          TEXT COLLATE "C" NOT NULL,
    closed_at_ms    BIGINT NOT NULL
);
CREATE INDEX report_of_organisation ON report (organisation_id, received_at_ms, case_number);
CREATE INDEX report_by_time ON report (received_at_ms, case_number);

-- The photograph of a case, written anew by us. Beside the report, so that a list of reports reads none.
CREATE TABLE report_photo (
    case_number TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    jpeg        BYTEA NOT NULL
);

-- Who looked at whose contact or photograph, and why.
CREATE TABLE personal_read (
    case_number TEXT COLLATE "C" NOT NULL,
    read_at_ms  BIGINT NOT NULL,
    reader      TEXT COLLATE "C" NOT NULL,
    purpose     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (case_number, read_at_ms, reader, purpose)
);

-- Pictures that must not be shown again, though a record names them. A restored copy of the files is cleaned by this list.
CREATE TABLE image_removal (
    blake3        BYTEA NOT NULL PRIMARY KEY,
    reason        TEXT COLLATE "C" NOT NULL,
    removed_by    TEXT COLLATE "C" NOT NULL,
    removed_at_ms BIGINT NOT NULL
);
