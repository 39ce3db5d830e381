/** The labels of clusters, by what they are selected: a list of those with a label reads no others, and a page of it no more than the page. */
export const labels = `
  CREATE TABLE label (
    tenant text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, name, key)
  );
  CREATE INDEX label_by_value ON label (tenant, key, value, name);
  CREATE INDEX label_by_key ON label (tenant, key, name);
`;
