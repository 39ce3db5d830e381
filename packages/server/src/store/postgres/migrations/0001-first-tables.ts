/**
 * Resources, the record of what happened to them, idempotency records and work. Times are epoch milliseconds, those of `work` and `head.clock`
 * milliseconds of the store's own clock. Text is compared by its bytes. `spec`, `observed` and `fact` are JSON as text, because `jsonb` takes
 * neither "\u0000" nor a lone surrogate.
 */
export const firstTables = `
  -- One row. Every transaction that writes locks it first, so revisions become visible in the order in which they are given out.
  CREATE TABLE head (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL,
    fence bigint NOT NULL,
    event bigint NOT NULL,
    clock bigint NOT NULL
  ) WITH (fillfactor = 10);
  INSERT INTO head (revision, fence, event, clock) VALUES (0, 0, 0, 0);

  CREATE TABLE resource (
    kind text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    uid text NOT NULL,
    version bigint NOT NULL,
    observation bigint NOT NULL,
    generation bigint NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    spec text NOT NULL,
    observed text NOT NULL,
    PRIMARY KEY (kind, tenant, name)
  ) WITH (fillfactor = 80);
  CREATE INDEX resource_by_name ON resource (kind, name);
  CREATE UNIQUE INDEX api_key_name ON resource (name) WHERE kind = 'api-key';

  CREATE TABLE audit (
    revision bigint PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    request_id text NOT NULL
  );
  CREATE INDEX audit_by_tenant ON audit (tenant, revision);
  CREATE INDEX audit_by_time ON audit (at);

  CREATE TABLE event (
    id bigint PRIMARY KEY,
    revision bigint NOT NULL,
    at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text NOT NULL,
    message text NOT NULL
  );
  CREATE INDEX event_by_revision ON event (revision, id);

  CREATE TABLE ledger (
    tenant text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    fact text NOT NULL,
    PRIMARY KEY (tenant, entry)
  );
  CREATE INDEX ledger_by_kind ON ledger (tenant, kind, entry);

  CREATE TABLE idempotency_record (
    scope text COLLATE "C" PRIMARY KEY,
    fingerprint text NOT NULL,
    status integer NOT NULL,
    sealed text NOT NULL,
    expires_at bigint NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    bytes bigint NOT NULL,
    revision bigint NOT NULL
  );
  CREATE INDEX idempotency_record_by_expiry ON idempotency_record (expires_at);
  CREATE INDEX idempotency_record_by_tenant ON idempotency_record (tenant, expires_at);
  CREATE TABLE idempotency_usage (tenant text COLLATE "C" PRIMARY KEY, bytes bigint NOT NULL);

  -- ready_at: when the item may be leased, which is its due time, or the end of the lease while it has an owner.
  CREATE TABLE work (
    kind text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    ready_at bigint NOT NULL,
    woken_at bigint NOT NULL,
    wakes bigint NOT NULL,
    fence bigint NOT NULL,
    owner text,
    PRIMARY KEY (kind, tenant, name)
  );
  CREATE INDEX work_by_ready_at ON work (ready_at, kind, tenant, name);

  CREATE TABLE installation (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
  CREATE TABLE probe (id integer PRIMARY KEY, filler text NOT NULL);
`;
