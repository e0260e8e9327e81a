-- Read models: what pages, feeds and look-ups ask for. All of it follows from the records and their public
-- sections, is written behind the sequencer, and is thrown away and made again by `nguon rebuild`.

-- How many entries of the log each projection has taken in.
CREATE TABLE projection (
    name TEXT    NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT;

-- First eight bytes of an event id → its entry. Several entries may share a prefix.
CREATE TABLE event_index (
    event_prefix INTEGER NOT NULL,
    log_index    INTEGER NOT NULL,
    PRIMARY KEY (event_prefix, log_index)
) STRICT, WITHOUT ROWID;

-- A thing with a history: organisation, plot, product, lot, listing, certificate. `state` is the judgement
-- as JSON; `search_key` is its name without case and accents.
CREATE TABLE subject (
    uri             TEXT    NOT NULL PRIMARY KEY,
    kind            TEXT    NOT NULL,
    organisation_id BLOB    NOT NULL,
    status          TEXT    NOT NULL,
    search_key      TEXT    NOT NULL,
    last_index      INTEGER NOT NULL,
    state           TEXT    NOT NULL
) STRICT;
CREATE INDEX subject_of_organisation ON subject (organisation_id, kind, uri);
CREATE INDEX subject_by_kind ON subject (kind, uri);

-- Which entries tell of which subject.
CREATE TABLE subject_record (
    uri       TEXT    NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (uri, log_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX subject_record_by_entry ON subject_record (log_index);

-- Which listings draw on which lot, now or earlier.
CREATE TABLE listing_lot (
    lot_uri     TEXT NOT NULL,
    listing_uri TEXT NOT NULL,
    PRIMARY KEY (lot_uri, listing_uri)
) STRICT, WITHOUT ROWID;

-- Other names of a subject: short codes, a GTIN that a product got after its stickers were printed.
CREATE TABLE alias (
    alias TEXT NOT NULL PRIMARY KEY,
    uri   TEXT NOT NULL
) STRICT;

-- The listings feed in commit order: the entry that caused a change, and the n-th change it caused.
CREATE TABLE feed_change (
    log_index   INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    listing_uri TEXT    NOT NULL,
    change      TEXT    NOT NULL,
    PRIMARY KEY (log_index, position)
) STRICT, WITHOUT ROWID;
