import { describe, expect, it } from 'vitest';
import { ROUTES } from './routes/index.ts';
import { errorStatuses } from './routes/route.ts';
import { STATUS_TABLE, statusRow, TRANSPORT_STATUS_TABLE } from './status-table.ts';

/** The table of the errors page: status, meaning, verdict. */
const PAGE = `
400 Invalid request, bad input, unknown fields, or validation failure | No, fix the request
401 Missing or invalid authentication | No, refresh credentials
403 Insufficient permissions for the tenant or role | No, use a key with the right role
404 Resource not found | No, fix the path or wait for async creation
409 Resource already exists | No, check the existing resource
412 ETag mismatch because the resource changed after you read it | Yes, re-fetch and retry
429 Rate limited | Yes, wait Retry-After seconds
500 Internal server error | Yes, with backoff, and surface it if it persists
503 Service unavailable, for example while a cluster is still becoming ready | Yes, with backoff
`;

describe('the status table', () => {
  it('is the table of the page, row by row', () => {
    const printed = STATUS_TABLE.map((row) => {
      const remedy = row.remedy.replace(/^retry with backoff/, 'with backoff');
      return `${row.status} ${row.meaning} | ${row.retry ? 'Yes' : 'No'}, ${remedy}`;
    });
    expect(`\n${printed.join('\n')}\n`).toBe(PAGE);
  });

  it('gives each retryable row an advice other than stop, and no other row', () => {
    for (const row of [...STATUS_TABLE, ...TRANSPORT_STATUS_TABLE]) expect(row.advice === 'stop').toBe(!row.retry);
  });

  it('knows every status that a route can answer', () => {
    for (const route of ROUTES) for (const status of errorStatuses(route)) expect(statusRow(status).status).toBe(status);
  });

  it('refuses a status that is in no table', () => {
    expect(() => statusRow(418 as never)).toThrow(RangeError);
  });
});
