-- The embedded lake, format 2. Days are local calendar days since 1970-01-01; undated documents
-- have none. Times are microseconds since 1970-01-01T00:00:00Z.

CREATE TABLE vault (
    key   TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;

-- Every (source, kind) that occurs: a document carries one small number for both.
CREATE TABLE groups (
    id     INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    kind   INTEGER NOT NULL,
    UNIQUE (source, kind)
) STRICT;

CREATE TABLE documents (
    row        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    grp        INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,      -- of the last change
    day        INTEGER,
    sort_us    INTEGER,               -- the instant to sort by; NULL if undated
    import     INTEGER NOT NULL,      -- with entry and position: where this version was read
    entry      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    hash       BLOB NOT NULL,         -- of the content
    title      TEXT,
    text       ANY,                   -- TEXT, or BLOB if compressed with zstd
    url        TEXT,
    time_us    INTEGER,               -- only where it differs from sort_us
    time_code  INTEGER,               -- precision + 16 if a wall clock
    offset_s   INTEGER,
    more       ANY                    -- the rest of the content as JSON, or BLOB if compressed (codec.rs)
) STRICT;
CREATE INDEX documents_by_time ON documents (grp, sort_us, id) WHERE sort_us IS NOT NULL;

CREATE TABLE revisions (
    document INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    import   INTEGER NOT NULL,
    entry    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    day      INTEGER,
    sort_us  INTEGER,
    content  ANY NOT NULL,            -- JSON, or BLOB if compressed
    PRIMARY KEY (document, hash)
) STRICT, WITHOUT ROWID;

-- Rows taken out since the text index last caught up, for healing it after a crash.
CREATE TABLE removed (
    row      INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE annotations (
    id      BLOB PRIMARY KEY,
    starred INTEGER NOT NULL,
    hidden  INTEGER NOT NULL,
    tags    TEXT NOT NULL,            -- JSON array
    note    TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sources (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Clustered by time. A number has the point 0,0, which no fix can have.
CREATE TABLE samples (
    series       INTEGER NOT NULL,
    time_us      INTEGER NOT NULL,
    device       INTEGER NOT NULL,
    latitude_e7  INTEGER NOT NULL,
    longitude_e7 INTEGER NOT NULL,
    source       INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    offset_s     INTEGER,
    provider     INTEGER NOT NULL,
    value        ANY,                 -- REAL would turn -0.0 into 0
    accuracy_m   REAL,
    altitude_m   REAL,
    vertical_accuracy_m REAL,
    speed_mps    REAL,
    heading_deg  REAL,
    metadata     TEXT,
    PRIMARY KEY (series, time_us, device, latitude_e7, longitude_e7)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
    row           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    name          TEXT,
    from_contacts INTEGER NOT NULL,   -- whether the name is an address book's
    in_contacts   INTEGER NOT NULL    -- whether an address book holds them
) STRICT;
CREATE TABLE identities (
    id     INTEGER PRIMARY KEY,
    kind   INTEGER NOT NULL,
    value  TEXT NOT NULL,
    person INTEGER,
    UNIQUE (kind, value)
) STRICT;
CREATE INDEX identities_by_person ON identities (person);
CREATE TABLE mentions (
    identity INTEGER NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (identity, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
    id          INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    finished_us INTEGER,
    started_us  INTEGER NOT NULL,
    paths       TEXT NOT NULL,        -- JSON array
    entries     INTEGER NOT NULL,
    applied     TEXT NOT NULL,        -- JSON of the counts so far
    checkpoint  TEXT NOT NULL         -- JSON
) STRICT;
CREATE TABLE exports (
    import         INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    name           TEXT NOT NULL,
    exported_at_us INTEGER,
    PRIMARY KEY (import, number)
) STRICT, WITHOUT ROWID;

-- The plan of an import and, once an entry is finished, its ledger row.
CREATE TABLE ledger (
    import        INTEGER NOT NULL,
    entry         INTEGER NOT NULL,
    export        INTEGER NOT NULL,
    path          TEXT NOT NULL,
    status        INTEGER,            -- NULL until finished
    source        TEXT,
    reason        TEXT,
    documents     INTEGER,
    samples       INTEGER,
    bytes         INTEGER,
    warning_count INTEGER,
    warnings      TEXT,               -- JSON array, NULL if empty
    archive       INTEGER,            -- index in the import's paths; -1 of none, NULL if it was not noted
    PRIMARY KEY (import, entry)
) STRICT, WITHOUT ROWID;

-- Entries that were imported whole, known by content and parser.
CREATE TABLE memo (
    hash          BLOB NOT NULL,
    parser        TEXT NOT NULL,
    version       INTEGER NOT NULL,
    import        INTEGER NOT NULL,     -- with entry: where it was read
    entry         INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    documents     INTEGER NOT NULL,
    samples       INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    warning_count INTEGER NOT NULL,
    warnings      TEXT,
    PRIMARY KEY (hash, parser, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX memo_by_size ON memo (bytes);

-- Rollups, kept in the same transaction as what they count. -2147483648 is "undated".
CREATE TABLE rollup_documents (
    day   INTEGER NOT NULL,
    grp   INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, grp)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_samples (
    series INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_top (
    dimension INTEGER NOT NULL,
    name      TEXT NOT NULL,
    count     INTEGER NOT NULL,
    PRIMARY KEY (dimension, name)
) STRICT, WITHOUT ROWID;

-- Files in blobs/. A row comes after its file and goes before it, so that what has a row is there.
CREATE TABLE blobs (
    hash      BLOB PRIMARY KEY,
    bytes     INTEGER NOT NULL,
    stored_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which documents name which bytes, in any of their versions; the bytes need not be in blobs.
CREATE TABLE media (
    hash     BLOB NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (hash, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_by_document ON media (document);
