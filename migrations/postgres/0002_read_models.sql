-- Read models: what pages, feeds and look-ups ask for. All of it follows from the records and their public
-- sections, is written behind the sequencer, and is thrown away and made again by `nguon rebuild`.

-- How many entries of the log each projection has taken in.
CREATE TABLE projection (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL
);

-- First eight bytes of an event id → its entry. Several entries may share a prefix.
CREATE TABLE event_index (
    event_prefix BIGINT NOT NULL,
    log_index    BIGINT NOT NULL,
    PRIMARY KEY (event_prefix, log_index)
);

-- A thing with a history: organisation, plot, product, lot, listing, certificate. `state` is the judgement
-- as JSON; `search_key` is its name without case and accents.
CREATE TABLE subject (
    uri             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind            TEXT COLLATE "C" NOT NULL,
    organisation_id BYTEA NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    search_key      TEXT COLLATE "C" NOT NULL,
    last_index      BIGINT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL
);
CREATE INDEX subject_of_organisation ON subject (organisation_id, kind, uri);
CREATE INDEX subject_by_kind ON subject (kind, uri);

-- Which entries tell of which subject.
CREATE TABLE subject_record (
    uri       TEXT COLLATE "C" NOT NULL,
    log_index BIGINT NOT NULL,
    PRIMARY KEY (uri, log_index)
);

CREATE INDEX subject_record_by_entry ON subject_record (log_index);

-- Which listings draw on which lot, now or earlier.
CREATE TABLE listing_lot (
    lot_uri     TEXT COLLATE "C" NOT NULL,
    listing_uri TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lot_uri, listing_uri)
);

-- Other names of a subject: short codes, a GTIN that a product got after its stickers were printed.
CREATE TABLE alias (
    alias TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    uri   TEXT COLLATE "C" NOT NULL
);

-- The listings feed in commit order: the entry that caused a change, and the n-th change it caused.
CREATE TABLE feed_change (
    log_index   BIGINT NOT NULL,
    position    BIGINT NOT NULL,
    listing_uri TEXT COLLATE "C" NOT NULL,
    change      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (log_index, position)
);
