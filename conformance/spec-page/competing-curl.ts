import { execFileSync } from 'node:child_process';

const realCurl = () => execFileSync('bash', ['-c', 'command -v curl'], { encoding: 'utf8' }).trim();

/**
 * The source of a `curl` that stands before the real one on the PATH: it is the real one, but after each of the first `times` reads of
 * an ETag a second writer changes the cluster, so that the tag that was just read is out of date.
 */
export function competingCurl(times: number, target: { url: string; apiKey: string }): string {
  const real = realCurl();
  return `#!/usr/bin/env bash
count="$(dirname "$0")/reads"
[ "$1" = "-sD" ] || exec '${real}' "$@"
echo read >> "$count"
reads=$(wc -l < "$count")
'${real}' "$@"
if [ "$reads" -le ${times} ]; then
  '${real}' -sf -o /dev/null -X PATCH -H 'Authorization: Bearer ${target.apiKey}' -H 'Content-Type: application/json' \\
    '${target.url}' -d "{\\"alerts\\": {\\"competing-write\\": $reads, \\"at\\": \\"$RANDOM$RANDOM\\"}}" || exit 99
fi
`;
}

/** The source of a `curl` that asks for another version than the script does, everything else untouched. */
export function curlAskingFor(version: string): string {
  return `#!/usr/bin/env bash
exec '${realCurl()}' "\${@//'"1.32"'/'"${version}"'}"
`;
}
