/**
 * Whose quota a kept answer counts against, and a running sum per tenant that two triggers keep. Answers kept before belong to no tenant
 * and expire within a day. The audit gets an index by time, so that old rows are found without a scan.
 */
export const keptAnswerQuota = `
  ALTER TABLE kept_answer ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
  ALTER TABLE kept_answer ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX kept_answer_by_tenant ON kept_answer (tenant, expires_at);

  CREATE TABLE kept_answer_usage (tenant TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER kept_answer_added AFTER INSERT ON kept_answer BEGIN
    INSERT INTO kept_answer_usage VALUES (NEW.tenant, NEW.bytes) ON CONFLICT (tenant) DO UPDATE SET bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER kept_answer_removed AFTER DELETE ON kept_answer BEGIN
    UPDATE kept_answer_usage SET bytes = bytes - OLD.bytes WHERE tenant = OLD.tenant;
  END;

  CREATE INDEX audit_by_time ON audit (at);
`;
