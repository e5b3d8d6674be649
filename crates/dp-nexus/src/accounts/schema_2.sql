-- Ways of coming in besides a password. Times are seconds since 1970 UTC (`_s`).

-- Whom an identity provider knows an account as.
CREATE TABLE identities (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    account  BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    issuer   TEXT NOT NULL,
    -- Never changes, and is never given to somebody else; an e-mail address may be.
    subject  TEXT NOT NULL,
    email    TEXT NOT NULL,
    linked_s INTEGER NOT NULL,
    used_s   INTEGER NOT NULL,
    UNIQUE (issuer, subject),
    UNIQUE (account, issuer)
) STRICT;

CREATE TABLE passkeys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account      BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- What the authenticator calls it.
    credential   BLOB NOT NULL UNIQUE,
    -- The name of the host that it was made for.
    site         TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- As the authenticator gave it: COSE_Key of RFC 9052.
    public_key   BLOB NOT NULL,
    -- How often it was used, as it says itself; 0 if it does not count.
    counter      INTEGER NOT NULL,
    -- Whether the authenticator's maker keeps a copy, as phones do.
    is_backed_up INTEGER NOT NULL,
    created_s    INTEGER NOT NULL,
    used_s       INTEGER
) STRICT;
CREATE INDEX passkeys_account ON passkeys (account);
