-- What shoppers tell of suspicious stickers, and which pictures were taken away. None of it follows from the log, and none of
-- it is public: a report says something about somebody, and may hold the telephone number of who says it.

-- One row a case. Empty text is "not said", 0 is "not yet": no column may be null. `organisation_id` is the maker of the lot,
-- and empty if no lot is known. `contact` is erased some time after the case was closed.
CREATE TABLE report (
    case_number     TEXT    NOT NULL PRIMARY KEY,
    organisation_id BLOB    NOT NULL,
    lot_uri         TEXT    NOT NULL,
    about           TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    words           TEXT    NOT NULL,
    contact         TEXT    NOT NULL,
    received_at_ms  INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    answer          TEXT    NOT NULL,
    closed_at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX report_of_organisation ON report (organisation_id, received_at_ms, case_number);
CREATE INDEX report_by_time ON report (received_at_ms, case_number);

-- The photograph of a case, written anew by us. Beside the report, so that a list of reports reads none.
CREATE TABLE report_photo (
    case_number TEXT NOT NULL PRIMARY KEY,
    jpeg        BLOB NOT NULL
) STRICT;

-- Who looked at whose contact or photograph, and why.
CREATE TABLE personal_read (
    case_number TEXT    NOT NULL,
    read_at_ms  INTEGER NOT NULL,
    reader      TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    PRIMARY KEY (case_number, read_at_ms, reader, purpose)
) STRICT, WITHOUT ROWID;

-- Pictures that must not be shown again, though a record names them. A restored copy of the files is cleaned by this list.
CREATE TABLE image_removal (
    blake3        BLOB    NOT NULL PRIMARY KEY,
    reason        TEXT    NOT NULL,
    removed_by    TEXT    NOT NULL,
    removed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
