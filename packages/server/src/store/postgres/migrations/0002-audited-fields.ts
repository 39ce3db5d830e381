/** Which tenant and resource a row of the audit is about, from where the change came, and the fields that it moved, as JSON. Empty in rows from before. */
export const auditedFields = `
  ALTER TABLE audit
    ADD COLUMN tenant_uid text NOT NULL DEFAULT '',
    ADD COLUMN target_uid text NOT NULL DEFAULT '',
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN fields text NOT NULL DEFAULT '';
`;
