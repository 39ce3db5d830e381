/** The revision of the change that a record answers: the version that its answer shows. 0 in records from before, which hold it themselves. */
export const recordRevision = `
  ALTER TABLE kept_answer ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
`;
