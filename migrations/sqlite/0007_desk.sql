-- What a co-operative's desk needs beside the log: invitations on their way, who looked at whose name, and what people want erased.
-- None of it follows from records, none of it is public, and none of it holds a name.

-- An invitation, and the answer of the one device that took it; empty `device` is "nobody yet". Whoever knows the id may answer, so the
-- id is the secret in the code that the co-operative shows. The rights count only once an admin's key signs them on the log.
CREATE TABLE enrolment (
    enrolment_id    BLOB    NOT NULL PRIMARY KEY,
    organisation_id BLOB    NOT NULL,
    invitation      TEXT    NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    expires_at_ms   INTEGER NOT NULL,
    device          BLOB    NOT NULL,
    possession      BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_of_organisation ON enrolment (organisation_id, created_at_ms);
CREATE INDEX enrolment_by_end ON enrolment (expires_at_ms);

-- Which key looked at the names of which organisation's people, and at what.
CREATE TABLE person_read (
    organisation_id BLOB    NOT NULL,
    read_at_ms      INTEGER NOT NULL,
    reader          BLOB    NOT NULL,
    what            TEXT    NOT NULL,
    PRIMARY KEY (organisation_id, read_at_ms, reader, what)
) STRICT, WITHOUT ROWID;

-- What somebody asked to have erased: a section of a record (255: the person of a delegation). What was erased is told by the
-- notice on the log; `answer` is said where the operator does not erase.
CREATE TABLE erasure_request (
    organisation_id BLOB    NOT NULL,
    event_id        BLOB    NOT NULL,
    section         INTEGER NOT NULL,
    reason          INTEGER NOT NULL,
    asked_by        BLOB    NOT NULL,
    asked_at_ms     INTEGER NOT NULL,
    answer          TEXT    NOT NULL,
    PRIMARY KEY (organisation_id, event_id, section)
) STRICT, WITHOUT ROWID;

-- A desk asks for the records of its own people that wait.
CREATE INDEX held_of_organisation ON held (organisation_id);
