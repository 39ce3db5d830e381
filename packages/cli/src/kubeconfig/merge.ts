import { isDeepStrictEqual } from 'node:util';
import { type Document, isAlias, isMap, isScalar, isSeq, parseAllDocuments, parseDocument, type ToStringOptions, type YAMLMap } from 'yaml';
import { type KubeconfigEntry, type KubeconfigUser, kubeconfigWith } from './kubeconfig.ts';

/** The outcome of {@link mergeKubeconfig}. */
export type Merge =
  | { readonly kind: 'merged'; readonly text: string; readonly previousContext: string | undefined }
  /** The name is taken by an entry for another server. */
  | { readonly kind: 'other-server'; readonly server: string }
  /** The user is another one than before, and another context signs in as it. */
  | { readonly kind: 'user-in-use'; readonly context: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

class Unreadable extends Error {}

/** Reads the one document of a kubeconfig; an empty file is an empty kubeconfig. */
function read(text: string): Document {
  const documents = parseAllDocuments(text);
  if (documents.length > 1) throw new Unreadable('it holds more than one YAML document');
  // NOTE: nothing, or comments alone, are no document to parseAllDocuments.
  const document = documents[0] ?? parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw new Unreadable(problem.message.split('\n')[0] ?? 'it is not YAML');
  document.contents ??= document.createNode({}) as never;
  if (!isMap(document.contents)) throw new Unreadable('it is not a map of kubeconfig fields');
  if (document.contents.items.length === 0) document.contents.flow = false;
  return document as Document;
}

function named(document: Document, list: string, name: string): YAMLMap | undefined {
  const entries = document.get(list);
  if (entries === undefined || entries === null || (isScalar(entries) && entries.value === null)) return undefined;
  if (!isSeq(entries)) throw new Unreadable(`its "${list}" is not a list`);
  return entries.items.find((item): item is YAMLMap => isMap(item) && item.get('name') === name);
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of an entry as values, aliases resolved; none where there is no map. */
function fieldsOf(document: Document, existing: YAMLMap | undefined, field: string): Record<string, unknown> {
  const node: unknown = existing?.get(field, true);
  const found: unknown = isAlias(node) ? node.resolve(document) : node;
  return isMap(found) ? (found.toJS(document) as Record<string, unknown>) : {};
}

/**
 * Changes the entry of that name in place, which keeps its comments, or appends one. Fields that were added to it by hand stay, except for
 * `replaced`, which contradict or are contradicted by the new ones.
 */
function put(document: Document, list: string, name: string, field: string, fields: Fields, replaced: readonly string[] = []): void {
  const existing = named(document, list, name);
  if (!existing) {
    const entries = document.get(list);
    if (isSeq(entries)) entries.add(document.createNode({ name, [field]: fields }));
    else document.set(list, document.createNode([{ name, [field]: fields }]));
    return;
  }
  const node: unknown = existing.get(field, true);
  // NOTE: what another entry refers to is not changed for both; a copy is.
  const isOwn = isMap(node) && node.anchor === undefined;
  const target = isOwn ? node : (document.createNode(fieldsOf(document, existing, field)) as YAMLMap);
  for (const key of replaced) if (!(key in fields)) target.delete(key);
  for (const [key, value] of Object.entries(fields)) target.set(key, document.createNode(value));
  if (!isOwn) existing.set(field, target);
}

/** kubectl refuses a CA and this together. */
const INSECURE = 'insecure-skip-tls-verify';
/** Every field of a kubeconfig that authenticates a user (client-go, api/v1 AuthInfo); the new one replaces all of them. */
const CREDENTIALS = [
  'token',
  'tokenFile',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'username',
  'password',
  'auth-provider',
  'exec',
];

/** The user, with the variables that were added by hand to the command of the former one. */
function keepingVariables(user: KubeconfigUser, former: Record<string, unknown>): KubeconfigUser {
  const added = (former.exec as { env?: unknown } | undefined)?.env;
  if (!('exec' in user) || !Array.isArray(added)) return user;
  const own = user.exec.env ?? [];
  const kept = added.filter((variable) => !own.some(({ name }) => name === variable?.name));
  return kept.length === 0 ? user : { exec: { ...user.exec, env: [...own, ...kept] } };
}

/** The first context besides our own that uses our user. */
function contextUsing(document: Document, user: string): string | undefined {
  const contexts = document.get('contexts');
  const items = isSeq(contexts) ? contexts.items.filter((item): item is YAMLMap => isMap(item)) : [];
  const other = items.find((item) => item.get('name') !== user && fieldsOf(document, item, 'context').user === user);
  return other === undefined ? undefined : String(other.get('name'));
}

/** Writes the way the file is written: JSON quotes, lists indented or not, braces with or without spaces inside. */
function styleOf(text: string, document: Document): ToStringOptions {
  const isJson = isMap(document.contents) && document.contents.flow === true;
  const quotes = isJson ? ({ defaultKeyType: 'QUOTE_DOUBLE', defaultStringType: 'QUOTE_DOUBLE' } as const) : {};
  const indentSeq = !/^(clusters|users|contexts):[^\S\n]*\r?\n- /m.test(text);
  return { ...quotes, lineWidth: 0, indentSeq, flowCollectionPadding: !/[{[][^\s\]}]/.test(text) };
}

/**
 * Merges one cluster into the text of a kubeconfig and makes it the current context. Comments, anchors, order, line ends, foreign
 * entries and the fields that were added to ours by hand (`namespace`, `proxy-url`, …) stay as they are. An entry of the same name that
 * points to another server, or a user that another context signs in as, is not replaced unless `isForced`.
 */
export function mergeKubeconfig(text: string, entry: KubeconfigEntry, isForced: boolean): Merge {
  try {
    const document = read(text);
    const server = named(document, 'clusters', entry.name)?.getIn(['cluster', 'server']);
    if (typeof server === 'string' && server !== entry.cluster.server && !isForced) return { kind: 'other-server', server };
    const former = fieldsOf(document, named(document, 'users', entry.name), 'user');
    const user = keepingVariables(entry.user, former);
    const isAnother = CREDENTIALS.some((key) => !isDeepStrictEqual(former[key], (user as Fields)[key]));
    const context = isAnother && Object.keys(former).length > 0 ? contextUsing(document, entry.name) : undefined;
    if (context !== undefined && !isForced) return { kind: 'user-in-use', context };
    const previous = document.get('current-context');
    const fresh = kubeconfigWith(entry);
    for (const field of ['apiVersion', 'kind']) if (!document.has(field)) document.set(field, fresh[field]);
    put(document, 'clusters', entry.name, 'cluster', entry.cluster, [INSECURE]);
    put(document, 'users', entry.name, 'user', user, CREDENTIALS);
    put(document, 'contexts', entry.name, 'context', { cluster: entry.name, user: entry.name });
    document.set('current-context', entry.name);
    const written = document.toString(styleOf(text, document));
    const previousContext = typeof previous === 'string' && previous !== '' && previous !== entry.name ? previous : undefined;
    return { kind: 'merged', text: text.includes('\r\n') ? written.replace(/\r?\n/g, '\r\n') : written, previousContext };
  } catch (error) {
    // NOTE: the library throws for aliases whose anchor the change removed; writing such a file would break it.
    return { kind: 'unreadable', reason: (error as Error).message };
  }
}
