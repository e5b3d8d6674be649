-- The first format. Times are microseconds since 1970 UTC (`_us`) or seconds (`_s`). The file is shared with other parts of the
-- program, so everything here begins with `stream_`, and the format is kept in a table.

CREATE TABLE stream_format (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    format INTEGER NOT NULL
) STRICT;

-- Up to where numbers of events may have been given. Taken in blocks, so that events that are not stored have numbers too
-- and none is given again after a crash.
CREATE TABLE stream_sequence (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    reserved INTEGER NOT NULL
) STRICT;
INSERT INTO stream_sequence (id, reserved) VALUES (1, 0);

CREATE TABLE stream_events (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    -- JSON.
    data    TEXT NOT NULL,
    at_us   INTEGER NOT NULL
) STRICT;
CREATE INDEX stream_events_account ON stream_events (account, id);
CREATE INDEX stream_events_at ON stream_events (at_us);

-- The newest event of an account that the log no longer holds.
CREATE TABLE stream_swept (
    account TEXT PRIMARY KEY,
    id      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers are never given twice, so that nobody takes one job for another.
CREATE TABLE stream_jobs (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL,
    account         TEXT NOT NULL,
    -- JSON, as are progress and result.
    payload         TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    priority        INTEGER NOT NULL,
    unique_key      TEXT,
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- How often the program ended while the job ran.
    interruptions   INTEGER NOT NULL DEFAULT 0,
    progress        TEXT,
    result          TEXT,
    error           TEXT,
    is_cancelling   INTEGER NOT NULL DEFAULT 0,
    created_us      INTEGER NOT NULL,
    due_us          INTEGER NOT NULL,
    started_us      INTEGER,
    ended_us        INTEGER,
    -- Which lease this is: who holds an earlier one can do nothing with it.
    leases          INTEGER NOT NULL DEFAULT 0,
    leased_until_us INTEGER
) STRICT;
CREATE INDEX stream_jobs_account ON stream_jobs (account, id);
CREATE INDEX stream_jobs_queued ON stream_jobs (priority DESC, due_us, id) WHERE state = 'queued';
CREATE INDEX stream_jobs_running ON stream_jobs (leased_until_us) WHERE state = 'running';
CREATE INDEX stream_jobs_unfinished ON stream_jobs (account) WHERE state IN ('queued', 'running');
CREATE INDEX stream_jobs_ended ON stream_jobs (ended_us) WHERE ended_us IS NOT NULL;
CREATE UNIQUE INDEX stream_jobs_unique ON stream_jobs (account, unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('queued', 'running');

CREATE TABLE stream_schedules (
    account  TEXT NOT NULL,
    key      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    -- JSON.
    payload  TEXT NOT NULL,
    priority INTEGER NOT NULL,
    every_s  INTEGER NOT NULL CHECK (every_s > 0),
    next_us  INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX stream_schedules_next ON stream_schedules (next_us);
