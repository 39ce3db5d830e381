/** Folders of the machine on which Alertmanager runs. */
const SYSTEM_PATH = /^\s*(file:|~\/|\/(etc|proc|sys|dev|var|run|root|home|opt|srv|usr|tmp|mnt|secrets|alertmanager)(\/|$)|[A-Za-z]:\\)/i;

let last: { readonly key: string; readonly words: readonly string[] } = { key: '', words: [] };

/** The words of a field's name, however they are joined: `bearerTokenFile`, `ca-file`, `api_url_file`. */
export function wordsOf(key: string): readonly string[] {
  // NOTE: a list of thousands of texts asks for the words of the same name again and again.
  if (key === last.key) return last.words;
  const spaced = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  const words = spaced
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  last = { key, words };
  return words;
}

const FILE_WORDS = new Set(['file', 'files', 'filename', 'filenames', 'filepath']);

/** Whether a field names a file of the machine, or a reference that is looked up there (`*_ref`), by what it is called. */
export const isFileKey = (key: string): boolean => /[a-z]_ref$/.test(key) || wordsOf(key).some((word) => FILE_WORDS.has(word));

/** Whether a value is the path of a file there. */
export const isFilePath = (text: string): boolean => SYSTEM_PATH.test(text);
