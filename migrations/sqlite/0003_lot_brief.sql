-- What a walk from lot to lot asks of each: the lots it was made of and that were made of it, how it stands, and little
-- more. The whole judgement of a lot, with all its records, is several times as long, and a walk may go over ten thousand lots.

CREATE TABLE lot_brief (
    uri   TEXT NOT NULL PRIMARY KEY,
    brief TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The read models are made again, so that every lot has its row; the next start does it.
DELETE FROM projection;
DELETE FROM event_index;
DELETE FROM subject;
DELETE FROM subject_record;
DELETE FROM listing_lot;
DELETE FROM alias;
DELETE FROM feed_change;
