import { shellWord } from '../command-line.ts';
import type { Goal } from '../wait/goal.ts';
import { READ_TAG, type Recorded, type RecordedRequest, type RecordedWait } from './recorder.ts';

/** Rounds of reading and writing before an update that keeps losing gives up, as the client has it. */
const ROUNDS = 8;

const HEAD = (command: string, host: string) => `#!/usr/bin/env bash
# Does what this does: ${command.replaceAll('\n', ' ')}
# Needs bash and curl, and an API key in KUPE_API_KEY.
set -euo pipefail
host=${shellWord(host)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# send METHOD PATH [ARGUMENTS OF CURL]: leaves status, and the answer in $folder/headers and $folder/body.
# 429: waits as long as Retry-After says. 500, 503, no answer: up to 5 attempts where repeating is safe.
send() {
  local method=$1 path=$2 attempt=1 backoff=1 wait
  shift 2
  while :; do
    : >"$folder/headers"
    : >"$folder/body"
    status=$(authorization | curl -sS -K - -X "$method" -H 'Accept: application/json' \\
      -D "$folder/headers" -o "$folder/body" -w '%{http_code}' "$@" "$host$path") || status=000
    wait=$(sed -n 's/^[Rr]etry-[Aa]fter: *\\([0-9][0-9]*\\).*/\\1/p' "$folder/headers")
    case $status in
      429) ;;
      000 | 500 | 502 | 503 | 504)
        if [ "$safe" = no ] || [ "$attempt" -ge 5 ]; then return 0; fi
        attempt=$((attempt + 1)) ;;
      *) return 0 ;;
    esac
    sleep "\${wait:-$((backoff + RANDOM % 2))}"
    backoff=$((backoff < 16 ? backoff * 2 : 30))
  done
}
# The key goes to curl on its standard input: other accounts can read arguments.
authorization() { :; }
# A write without a version or an idempotency key must not be sent twice.
safe=yes
tag() { sed -n 's/^[Ee][Tt]ag: *\\([^[:space:]]*\\).*/\\1/p' "$folder/headers"; }
field() { sed -n "s/.*\\"$1\\":\\"\\{0,1\\}\\([A-Za-z0-9]*\\).*/\\1/p" "$folder/body"; }
# Ends with the exit code that openkupe has for a status, unless it is a success.
check() {
  case $status in
    2*) return 0 ;;
    400) code=2 ;;
    401 | 403) code=3 ;;
    404) code=4 ;;
    409 | 412) code=5 ;;
    429) code=6 ;;
    000 | 502 | 503 | 504) code=7 ;;
    *) code=1 ;;
  esac
  echo "status $status" >&2
  cat "$folder/body" >&2
  exit "$code"
}
`;

const SIGN_IN = `: "\${KUPE_API_KEY:?set it to an API key}"
authorization() { printf 'header = "Authorization: Bearer %s"\\n' "$KUPE_API_KEY"; }
`;

function argumentsOf({ body, ifMatch, idempotencyKey }: RecordedRequest): string[] {
  return [
    ...(ifMatch === undefined ? [] : [ifMatch === READ_TAG ? '-H "If-Match: $version"' : `-H ${shellWord(`If-Match: ${ifMatch}`)}`]),
    ...(idempotencyKey === undefined
      ? []
      : [idempotencyKey === '' ? '-H "Idempotency-Key: $key"' : `-H ${shellWord(`Idempotency-Key: ${idempotencyKey}`)}`]),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json'`, `--data-binary ${shellWord(body)}`]),
  ];
}

function sendLine(request: RecordedRequest): string {
  const { method, path } = request;
  return [`send ${method} ${shellWord(path)}`, ...argumentsOf(request)].join(' \\\n  ');
}

/** Lines before a request: a key of its own, and whether it may be sent twice. */
function before({ method, ifMatch, idempotencyKey }: RecordedRequest): string[] {
  const isSafe = method === 'GET' || method === 'DELETE' || ifMatch !== undefined || idempotencyKey !== undefined;
  const key = idempotencyKey === '' ? [`key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')`] : [];
  return [...key, `safe=${isSafe ? 'yes' : 'no'}`];
}

/** Reads, and writes only if no other client changed it since; after a 412 again. */
function guarded(read: RecordedRequest, write: RecordedRequest): string {
  const indented = (line: string) => line.replaceAll(/^/gm, '  ');
  const lines = [sendLine(read), 'check', 'version=$(tag)', sendLine(write), '[ "$status" = 412 ] || break', 'sleep 0.$((RANDOM % 10))'];
  return [
    '# Only if it was not changed since it was read: after a 412 it is read again.',
    ...before(write),
    `for round in $(seq ${ROUNDS}); do`,
    ...lines.map(indented),
    'done',
    'check',
  ].join('\n');
}

const IS_OVER: Readonly<Record<Goal, string>> = {
  running: `[ "$phase" != Degraded ] || { cat "$folder/body" >&2; exit 1; }
  if [ "$phase" = Running ] && [ "$(field observedGeneration)" -ge "$(field generation)" ]; then break; fi`,
  deleted: 'if [ "$status" = 404 ]; then status=204; break; fi',
  terminating: 'if [ "$status" = 404 ]; then status=204; break; fi\n  if [ "$phase" = Terminating ]; then break; fi',
};

function waiting({ path, goal, timeoutMs }: RecordedWait): string {
  const isTolerant = goal === 'running' ? 'check' : '[ "$status" = 404 ] || check';
  return `# Waits until the cluster is ${goal}.
safe=yes
deadline=$((SECONDS + ${Math.ceil(timeoutMs / 1_000)}))
while :; do
  send GET ${shellWord(path)}
  ${isTolerant}
  phase=$(field phase)
  ${IS_OVER[goal]}
  if [ "$SECONDS" -ge "$deadline" ]; then echo "still $phase" >&2; exit 8; fi
  sleep 2
done`;
}

function parts(steps: readonly Recorded[]): string[] {
  const printed: string[] = [];
  for (let at = 0; at < steps.length; at += 1) {
    const [step, next] = [steps[at], steps[at + 1]];
    if (step?.kind === 'wait') printed.push(waiting(step));
    else if (step && step.method === 'GET' && next?.kind === 'request' && next.method !== 'GET' && next.ifMatch === READ_TAG) {
      printed.push(guarded(step, next));
      at += 1;
    } else if (step) printed.push([...before(step), sendLine(step), 'check'].join('\n'));
  }
  return printed;
}

/** The bash script that sends what was recorded, and prints the last answer. */
export function printScript(command: string, host: string, steps: readonly Recorded[]): string {
  const isSignedIn = steps.some((step) => step.kind === 'wait' || !step.isPublic);
  return [HEAD(command, host) + (isSignedIn ? SIGN_IN : ''), ...parts(steps), 'cat "$folder/body"\n'].join('\n');
}
