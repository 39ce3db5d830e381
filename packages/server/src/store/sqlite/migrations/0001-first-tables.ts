/** Resources, the record of what happened to them, kept answers and work. Times are epoch milliseconds. */
export const firstTables = `
  -- The last number given out of each sequence. 'revision' and 'fence' are never reused; 'ping' proves that a write gets through.
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counter VALUES ('revision', 0), ('fence', 0), ('ping', 0);

  CREATE TABLE resource (
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    observation INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    spec TEXT NOT NULL,
    observed TEXT NOT NULL,
    PRIMARY KEY (kind, tenant, name)
  ) STRICT;
  CREATE INDEX resource_by_name ON resource (kind, name);
  CREATE UNIQUE INDEX api_key_name ON resource (name) WHERE kind = 'api-key';

  CREATE TABLE audit (
    revision INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    request_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_tenant ON audit (tenant, revision);

  CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_revision ON event (revision);

  CREATE TABLE kept_answer (
    scope TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX kept_answer_by_expiry ON kept_answer (expires_at);

  -- ready_at: when the item may be leased, which is its due time, or the end of the lease while somebody owns it.
  CREATE TABLE work (
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    ready_at INTEGER NOT NULL,
    woken_at INTEGER NOT NULL,
    wakes INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    owner TEXT,
    PRIMARY KEY (kind, tenant, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX work_by_ready_at ON work (ready_at);
`;
