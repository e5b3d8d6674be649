-- Tables that stores got later: made where they are missing.

-- What was written lately, by the key it was sent with, so that the same sent again is not done again.
CREATE TABLE IF NOT EXISTS receipts (
    key        BLOB PRIMARY KEY,      -- hash of who sent it, what for, and the key
    request    BLOB NOT NULL,         -- hash of all that was sent
    written_us INTEGER NOT NULL,
    outcomes   BLOB NOT NULL          -- a byte for each change
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipts_by_age ON receipts (written_us);
