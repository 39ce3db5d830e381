/** What is due of one tenant is found without looking at what is due of others. */
export const workByTenant = `
  CREATE INDEX work_by_tenant ON work (tenant, ready_at);
`;
