-- The ledger itself: exact signed bytes, the openings of their sections, the head that moves by
-- compare-and-swap, the records that wait for their turn, and the checkpoints that were signed.
-- Everything else in the database can be rebuilt from these tables (0002).

CREATE TABLE log_head (
    ledger_id BLOB    NOT NULL PRIMARY KEY,
    origin    TEXT    NOT NULL,
    size      INTEGER NOT NULL,
    root      BLOB    NOT NULL
) STRICT;

-- One row an entry of the log. `disputed` is 1 for the second record of a fork, which shares (author, seq)
-- with the trunk. No unique index over event ids: they are random and would cost a third of the ceiling.
CREATE TABLE record (
    log_index       INTEGER NOT NULL PRIMARY KEY,
    organisation_id BLOB    NOT NULL,
    author          BLOB    NOT NULL,
    seq             INTEGER NOT NULL,
    disputed        INTEGER NOT NULL CHECK (disputed IN (0, 1)),
    kind            INTEGER NOT NULL,
    event_id        BLOB    NOT NULL,
    bytes           BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_chain ON record (author, seq, disputed);

-- The opening of one section. Erasing a section deletes its row; the record and every proof stay.
-- Position 255 is the person of a delegation.
CREATE TABLE section (
    log_index INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    salt      BLOB    NOT NULL,
    payload   BLOB    NOT NULL,
    PRIMARY KEY (log_index, position)
) STRICT, WITHOUT ROWID;

-- Records that may not be logged yet: a gap before them, a key revoked above its last good record, a
-- frozen chain. `seal` is a keyed hash over the row, because nothing on the log vouches for it.
CREATE TABLE held (
    author          BLOB    NOT NULL,
    seq             INTEGER NOT NULL,
    event_id        BLOB    NOT NULL,
    organisation_id BLOB    NOT NULL,
    reason          TEXT    NOT NULL,
    received_at_ms  INTEGER NOT NULL,
    bytes           BLOB    NOT NULL,
    openings        BLOB    NOT NULL,
    seal            BLOB    NOT NULL,
    PRIMARY KEY (author, seq, event_id)
) STRICT;

-- Signed checkpoints, by tree size; the newest is the published one.
CREATE TABLE checkpoint (
    size INTEGER NOT NULL PRIMARY KEY,
    note BLOB    NOT NULL
) STRICT;
