-- The first format. Times are seconds since 1970 UTC (`_s`) or microseconds (`_us`).

-- Keys of the program itself, made at first start.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL,
    -- The name as it is compared.
    folded     TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('owner', 'member', 'reader')),
    -- Argon2id in PHC form; none if it signs in by other means.
    password   TEXT,
    created_s  INTEGER NOT NULL,
    disabled_s INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_one_owner ON accounts (role) WHERE role = 'owner';

-- At most one code at a time.
CREATE TABLE setup_code (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    hash      BLOB NOT NULL,
    expires_s INTEGER NOT NULL
) STRICT;

-- Numbers are never given twice, so that a token of a session that is gone fits no other.
CREATE TABLE sessions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    account   BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The hash of a cookie's token; none if the session goes by refresh tokens.
    cookie    BLOB UNIQUE,
    device    TEXT NOT NULL,
    address   TEXT,
    created_s INTEGER NOT NULL,
    seen_s    INTEGER NOT NULL,
    expires_s INTEGER NOT NULL,
    revoked_s INTEGER
) STRICT;
CREATE INDEX sessions_account ON sessions (account, seen_s);
CREATE INDEX sessions_expires ON sessions (expires_s);

-- All refresh tokens of a session, the used ones too: one that comes twice was stolen.
CREATE TABLE refresh_tokens (
    hash    BLOB PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used_s  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session);

-- What access tokens are signed with. Those that are retired still verify for as long as a token lives.
CREATE TABLE signing_keys (
    id        TEXT PRIMARY KEY,
    secret    BLOB NOT NULL,
    made_s    INTEGER NOT NULL,
    retired_s INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    account   BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    hash      BLOB NOT NULL UNIQUE,
    -- JSON.
    scope     TEXT NOT NULL,
    created_s INTEGER NOT NULL,
    expires_s INTEGER,
    -- Days since 1970 UTC.
    used_day  INTEGER,
    revoked_s INTEGER
) STRICT;
CREATE INDEX api_keys_account ON api_keys (account);

CREATE TABLE totp (
    account     BLOB PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    secret      BLOB NOT NULL,
    -- None until a first code has shown that the other side has the secret.
    confirmed_s INTEGER,
    -- The step of the last code that was taken: none is taken twice.
    last_step   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
    account BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash    BLOB NOT NULL,
    used_s  INTEGER,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;

-- Who read or changed what. Accounts may go, their entries stay.
CREATE TABLE access_log (
    id      INTEGER PRIMARY KEY,
    at_us   INTEGER NOT NULL,
    account BLOB,
    origin  TEXT NOT NULL,
    address TEXT,
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count   INTEGER NOT NULL,
    -- BLAKE3 of the hash before and of all fields.
    hash    BLOB NOT NULL
) STRICT;
CREATE INDEX access_log_account ON access_log (account, id);

CREATE TRIGGER access_log_is_not_changed BEFORE UPDATE ON access_log
BEGIN
    SELECT raise(ABORT, 'the access log is append-only');
END;
CREATE TRIGGER access_log_is_not_shortened BEFORE DELETE ON access_log
BEGIN
    SELECT raise(ABORT, 'the access log is append-only');
END;
-- `INSERT OR REPLACE` deletes without asking the trigger above.
CREATE TRIGGER access_log_is_not_replaced BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE id = new.id)
BEGIN
    SELECT raise(ABORT, 'the access log is append-only');
END;

-- The last entry, so that entries missing at the end are noticed.
CREATE TABLE access_log_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
