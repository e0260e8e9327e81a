-- The ledger itself: exact signed bytes, the openings of their sections, the head that moves by
-- compare-and-swap, the records that wait for their turn, and the checkpoints that were signed.
-- Everything else in the database can be rebuilt from these tables (0002).

CREATE TABLE log_head (
    ledger_id BYTEA NOT NULL PRIMARY KEY,
    origin    TEXT COLLATE "C" NOT NULL,
    size      BIGINT NOT NULL,
    root      BYTEA NOT NULL
);

-- One row an entry of the log. `disputed` is 1 for the second record of a fork, which shares (author, seq)
-- with the trunk. No unique index over event ids: they are random and would cost a third of the ceiling.
CREATE TABLE record (
    log_index       BIGINT NOT NULL PRIMARY KEY,
    organisation_id BYTEA NOT NULL,
    author          BYTEA NOT NULL,
    seq             BIGINT NOT NULL,
    disputed        BIGINT NOT NULL CHECK (disputed IN (0, 1)),
    kind            BIGINT NOT NULL,
    event_id        BYTEA NOT NULL,
    bytes           BYTEA NOT NULL
);
CREATE UNIQUE INDEX record_chain ON record (author, seq, disputed);

-- The opening of one section. Erasing a section deletes its row; the record and every proof stay.
-- Position 255 is the person of a delegation.
CREATE TABLE section (
    log_index BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    kind      BIGINT NOT NULL,
    salt      BYTEA NOT NULL,
    payload   BYTEA NOT NULL,
    PRIMARY KEY (log_index, position)
);

-- Records that may not be logged yet: a gap before them, a key revoked above its last good record, a
-- frozen chain. `seal` is a keyed hash over the row, because nothing on the log vouches for it.
CREATE TABLE held (
    author          BYTEA NOT NULL,
    seq             BIGINT NOT NULL,
    event_id        BYTEA NOT NULL,
    organisation_id BYTEA NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    received_at_ms  BIGINT NOT NULL,
    bytes           BYTEA NOT NULL,
    openings        BYTEA NOT NULL,
    seal            BYTEA NOT NULL,
    PRIMARY KEY (author, seq, event_id)
);

-- Signed checkpoints, by tree size; the newest is the published one.
CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    note BYTEA NOT NULL
);
