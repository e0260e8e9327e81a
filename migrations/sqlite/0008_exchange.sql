-- The exchanges (sàn giao dịch) that pull listings and send orders: who they are, and which keys open which doors for them.
-- None of it follows from the log. A key is kept as a hash: who reads these rows cannot ask in anybody's name.

-- One row an exchange. `profile` is JSON: what it may see, and in which words, units and prices. `removed_at_ms` 0 is "not yet".
CREATE TABLE exchange (
    exchange      TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    profile       TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    removed_at_ms INTEGER NOT NULL
) STRICT;

-- Keys: two of an exchange hold at once while one takes over from the other. `key_id` is the part of a key that is no secret, `hash`
-- is made of the part that is. `scopes` are words with a space between. 0 in `expires_at_ms` is "never"; `last_day` is the day in
-- Vietnam on which it was used last, and empty if it never was.
CREATE TABLE exchange_key (
    key_id        TEXT    NOT NULL PRIMARY KEY,
    exchange      TEXT    NOT NULL,
    hash          BLOB    NOT NULL,
    scopes        TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    last_day      TEXT    NOT NULL
) STRICT;
CREATE INDEX exchange_key_of_exchange ON exchange_key (exchange, created_at_ms, key_id);

-- The newest change of each listing, found without reading the older ones.
CREATE INDEX feed_change_of_listing ON feed_change (listing_uri, log_index, position);
