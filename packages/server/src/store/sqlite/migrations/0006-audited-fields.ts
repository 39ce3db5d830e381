/** Which tenant and resource a row of the audit is about, from where the change came, and the fields that it moved, as JSON. Empty in rows from before. */
export const auditedFields = `
  ALTER TABLE audit ADD COLUMN tenant_uid TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit ADD COLUMN target_uid TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit ADD COLUMN fields TEXT NOT NULL DEFAULT '';
`;
