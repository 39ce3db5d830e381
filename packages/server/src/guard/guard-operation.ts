/** What an operator sees of the guard and may do to it; behind `openkupe operator limits` and the metrics page. */
export interface GuardOperation {
  /** Bytes of tables, taken at the start and never more. */
  readonly bytes: number;
  readonly metrics: GuardMetrics;
  /** Everything that is counted about an address now. */
  show(address: string): AddressView;
  /** Gives an address its full quota back and forgets its failures. Returns whether anything was known about it. */
  forgive(address: string): boolean;
}

export interface GuardMetrics {
  readonly allowed: number;
  readonly denied: number;
  readonly nearLimit: number;
  /** Refused by a policy that is only watched. */
  readonly shadowDenied: number;
  readonly authenticationFailures: number;
  readonly authenticationRefusals: number;
  /** The share of slots that hold a live key. */
  readonly tableLoad: number;
  readonly evictions: number;
  readonly overflows: number;
}

export interface LimitView {
  readonly name: string;
  readonly scope: 'address' | 'network' | 'key' | 'tenant' | 'authentication';
  readonly quota: number;
  /** Absent for a cap on what runs at the same time. */
  readonly windowSeconds?: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly isShadow: boolean;
}

export interface AddressView {
  /** The group as it is counted: an IPv4 address, or an IPv6 /64. */
  readonly group: string;
  readonly limits: readonly LimitView[];
  readonly authentication: { readonly failures: number; readonly blockedForMs: number };
}

/** The metrics in the Prometheus text format. */
export function formatGuardMetrics(metrics: GuardMetrics & { readonly storeState?: string }): string {
  const counters: readonly [string, number, string][] = [
    ['openkupe_guard_allowed_total', metrics.allowed, 'Requests the guard admitted'],
    ['openkupe_guard_denied_total', metrics.denied, 'Requests the guard refused'],
    ['openkupe_guard_near_limit_total', metrics.nearLimit, 'Admitted requests with at most a fifth of a limit left'],
    ['openkupe_guard_shadow_denied_total', metrics.shadowDenied, 'Requests a watched policy would have refused'],
    ['openkupe_guard_authentication_failures_total', metrics.authenticationFailures, 'Failed authentications'],
    ['openkupe_guard_authentication_refusals_total', metrics.authenticationRefusals, 'Requests refused for failed authentications'],
    ['openkupe_guard_evictions_total', metrics.evictions, 'Keys given up for newcomers'],
    ['openkupe_guard_overflow_total', metrics.overflows, 'Requests counted in the shared overflow'],
  ];
  const lines = counters.flatMap(([name, value, help]) => [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, `${name} ${value}`]);
  lines.push('# HELP openkupe_guard_table_load Share of slots in use', '# TYPE openkupe_guard_table_load gauge');
  lines.push(`openkupe_guard_table_load ${metrics.tableLoad}`);
  if (metrics.storeState !== undefined) {
    lines.push('# HELP openkupe_guard_store_up Whether the shared store is used', '# TYPE openkupe_guard_store_up gauge');
    lines.push(`openkupe_guard_store_up{state="${metrics.storeState}"} ${metrics.storeState === 'shared' ? 1 : 0}`);
  }
  return `${lines.join('\n')}\n`;
}
