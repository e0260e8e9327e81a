-- What a co-operative's desk needs beside the log: invitations on their way, who looked at whose name, and what people want erased.
-- None of it follows from records, none of it is public, and none of it holds a name.

-- An invitation, and the answer of the one device that took it; empty `device` is "nobody yet". Whoever knows the id may answer, so the
-- id is the secret in the code that the co-operative shows. The rights count only once an admin's key signs them on the log.
CREATE TABLE enrolment (
    enrolment_id    BYTEA NOT NULL PRIMARY KEY,
    organisation_id BYTEA NOT NULL,
    invitation      TEXT COLLATE "C" NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    expires_at_ms   BIGINT NOT NULL,
    device          BYTEA NOT NULL,
    possession      BYTEA NOT NULL
);
CREATE INDEX enrolment_of_organisation ON enrolment (organisation_id, created_at_ms);
CREATE INDEX enrolment_by_end ON enrolment (expires_at_ms);

-- Which key looked at the names of which organisation's people, and at what.
CREATE TABLE person_read (
    organisation_id BYTEA NOT NULL,
    read_at_ms      BIGINT NOT NULL,
    reader          BYTEA NOT NULL,
    what            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation_id, read_at_ms, reader, what)
);

-- What somebody asked to have erased: a section of a record (255: the person of a delegation). What was erased is told by the
-- notice on the log; `answer` is said where the operator does not erase.
CREATE TABLE erasure_request (
    organisation_id BYTEA NOT NULL,
    event_id        BYTEA NOT NULL,
    section         BIGINT NOT NULL,
    reason          BIGINT NOT NULL,
    asked_by        BYTEA NOT NULL,
    asked_at_ms     BIGINT NOT NULL,
    answer          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation_id, event_id, section)
);

-- A desk asks for the records of its own people that wait.
CREATE INDEX held_of_organisation ON held (organisation_id);
