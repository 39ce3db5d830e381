import type { Tenancy } from '../workload/program.ts';
import type { Validator } from '../world/observers.ts';

/** What a tenant may be answered about another one. */
const REFUSALS = [403, 429, 500, 503];

/** No answer to a client of one tenant holds anything of another, and a path of another tenant is refused. */
export function createTenantSeparation(tenancies: readonly Tenancy[]): Validator {
  return {
    name: 'no-foreign-data',
    answered({ tenant, request, response: { status, text } }) {
      const foreign = tenancies.filter((one) => one.tenant !== tenant);
      const shown = foreign.find(({ marker }) => text.includes(marker));
      if (shown) throw new Error(`${request.method} ${request.url} showed ${tenant} something of ${shown.tenant}: ${text.slice(0, 200)}`);
      const target = foreign.find((one) => request.url.includes(`/tenants/${one.tenant}/`));
      if (target && !REFUSALS.includes(status)) throw new Error(`${tenant} was answered ${status} to ${request.method} ${request.url}`);
    },
  };
}
