/** With which event a tenant began is found without looking at the others. */
export const createdTenants = `
  CREATE INDEX created_tenants ON event (tenant, revision) WHERE kind = 'tenant' AND type = 'created';
`;
