/** What is known of the installation as a whole, and a row that readiness rewrites to learn whether the next write would get through. */
export const installation = `
  CREATE TABLE installation (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
`;
