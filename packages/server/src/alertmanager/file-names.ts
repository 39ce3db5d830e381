/** First path segments of files on the machine that runs Alertmanager. */
const SYSTEM_FOLDERS = new Set(
  'etc proc sys dev var run root home opt srv usr tmp mnt media lib lib64 bin sbin boot secrets vault alertmanager'.split(' '),
);

const splitAtCapitals = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');

let last: { readonly key: string; readonly words: readonly string[] } = { key: '', words: [] };

/** The words of a field's name, however they are joined: `bearerTokenFile`, `ca-file`, `api_url_file`. */
export function wordsOf(key: string): readonly string[] {
  // NOTE: for a list of thousands of texts the same name is split thousands of times.
  if (key === last.key) return last.words;
  // Letters that only look different (full-width, ligatures, accents) are the same: what reads the field may fold them.
  const plain = /^[ -~]*$/.test(key) ? key : key.normalize('NFKD').replace(/[\p{M}\p{Cf}]/gu, '');
  // NOTE: thousands of names in a request are in lower case, and the search for capitals is the expensive part.
  const spaced = plain === plain.toLowerCase() ? plain : splitAtCapitals(plain);
  const words = spaced
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  last = { key, words };
  return words;
}

/** Words that make a field with `path` the path of a file: `ca_path`, `tokenPath`. */
const READ_BY_PATH = new Set(['ca', 'cert', 'certificate', 'key', 'token', 'secret', 'password', 'credential', 'credentials']);

/**
 * Whether the name of a field says that its value is a file of the machine, or a reference that is resolved there (`*_ref`): any name with
 * `file` in it except `profile`, in any spelling.
 */
export function isFileKey(key: string): boolean {
  const words = wordsOf(key);
  if (words.join('').replaceAll('profile', '').includes('file')) return true;
  const end = words.at(-1);
  return words.length > 1 && (end === 'ref' || (end === 'path' && words.some((word) => READ_BY_PATH.has(word))));
}

/** Whether a value is the path of a file there, however it is written: `/./etc//x`, `../../etc/x`, `~root/x`, `C:\x`. */
export function isFilePath(text: string): boolean {
  const path = text.trim();
  if (/^(file:|~[\w.-]*\/|[a-z]:[\\/]|\\\\)/i.test(path)) return true;
  if (!/^\.{0,2}\//.test(path)) return false;
  const first = path.split('/', 100).find((part) => !['', '.', '..'].includes(part));
  return first !== undefined && SYSTEM_FOLDERS.has(first.toLowerCase());
}
