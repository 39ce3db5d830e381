/** What `openkupe sandbox --help` prints. */
export const USAGE = `Usage: openkupe sandbox [options]             starts a sandbox; Ctrl-C ends it, and nothing is kept
       openkupe sandbox <command> [options]   asks the one that runs

Options:
  --scenario NAME|FILE   what goes wrong, and what there is at the start; \`openkupe sandbox scenarios\` lists the shipped ones
  --seed N               where chance begins; the same seed draws the same faults (default 1)
  --port N               on 127.0.0.1; a free one when absent
  --start TIME           the time at the start, such as 2026-01-01T00:00:00Z
  --frozen               time passes only when it is moved
  --state FILE           goes on from what \`export\` wrote
  --write-env FILE       writes KUPE_HOST, KUPE_TENANT and KUPE_API_KEY, and what the commands below need, for: source FILE

Commands:
  scenarios                     lists the scenarios that come with it
  fault add FAULT [when, where] makes something go wrong: '429; retry-after=0.5', 'lost-answer', 'latency; ms=200 | reset'
  fault list | remove NAME | clear
  clock [freeze | resume | advance DURATION]   90s, 10m, 31d
  timeline [--json]             what arrived, and what became of it
  forget                        begins the timeline anew
  key                           issues another admin key
  reset                         everything as at the start
  export FILE, import FILE      everything that is kept

Where and when of \`fault add\`: --name NAME --route clusters.get --method PATCH --resource 'web*' --header if-match
  --probability 0.3 --after 2 --count 1 --every 3 --from 30s --until 2m

A request can ask for a fault of its own: X-Kupe-Sandbox: 503; retry-after=2
And a resource can, by its name: fault-429, fault-slow, fault-degraded and others; docs/guide/sandbox.md has all of them.`;
