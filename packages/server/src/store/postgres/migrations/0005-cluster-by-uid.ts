/** A cluster is found by its uid without looking at the others: by what its API server proves itself with. */
export const clusterByUid = `
  CREATE INDEX cluster_by_uid ON resource (uid) WHERE kind = 'cluster';
`;
