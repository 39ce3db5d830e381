/** The labels of clusters, by what they are selected: a list of those with a label reads no others, and a page of it no more than the page. */
export const labels = `
  CREATE TABLE label (tenant TEXT, name TEXT, key TEXT, value TEXT, PRIMARY KEY (tenant, name, key)) STRICT, WITHOUT ROWID;
  CREATE INDEX label_by_value ON label (tenant, key, value, name);
  CREATE INDEX label_by_key ON label (tenant, key, name);
`;
