/** What bills are computed from. Rows are only ever added. `fact` is JSON; `kind` repeats its kind for the index. */
export const ledger = `
  CREATE TABLE ledger (
    tenant TEXT NOT NULL,
    entry INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fact TEXT NOT NULL,
    PRIMARY KEY (tenant, entry)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_by_kind ON ledger (tenant, kind, entry);
`;
