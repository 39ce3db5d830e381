import { type Document, isMap, isScalar, isSeq, parseAllDocuments, parseDocument, type ToStringOptions, type YAMLMap } from 'yaml';
import { type KubeconfigEntry, kubeconfigWith } from './kubeconfig.ts';

export type Merge =
  | { readonly kind: 'merged'; readonly text: string; readonly previousContext: string | undefined }
  /** The name is taken by an entry for another server. */
  | { readonly kind: 'other-server'; readonly server: string }
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

/** Changes the entry of that name in place, which keeps its comments, or appends one. */
function put(document: Document, list: string, name: string, field: string, value: unknown): void {
  const existing = named(document, list, name);
  if (existing) {
    existing.set(field, document.createNode(value));
    return;
  }
  const entry = document.createNode({ name, [field]: value });
  const entries = document.get(list);
  if (isSeq(entries)) entries.add(entry);
  else document.set(list, document.createNode([{ name, [field]: value }]));
}

/** Writes the way the file is written: JSON quotes, lists indented or not, braces with or without spaces inside. */
function styleOf(text: string, document: Document): ToStringOptions {
  const isJson = isMap(document.contents) && document.contents.flow === true;
  const quotes = isJson ? ({ defaultKeyType: 'QUOTE_DOUBLE', defaultStringType: 'QUOTE_DOUBLE' } as const) : {};
  const indentSeq = !/^(clusters|users|contexts):[^\S\n]*\r?\n- /m.test(text);
  return { ...quotes, lineWidth: 0, indentSeq, flowCollectionPadding: !/[{[][^\s\]}]/.test(text) };
}

/**
 * Merges one cluster into the text of a kubeconfig and makes it the current context. Comments, anchors, order, line ends and foreign
 * entries stay as they are. An entry of the same name that points to another server is not replaced unless `isForced`.
 */
export function mergeKubeconfig(text: string, entry: KubeconfigEntry, isForced: boolean): Merge {
  try {
    const document = read(text);
    const server = named(document, 'clusters', entry.name)?.getIn(['cluster', 'server']);
    if (typeof server === 'string' && server !== entry.cluster.server && !isForced) return { kind: 'other-server', server };
    const previous = document.get('current-context');
    const fresh = kubeconfigWith(entry);
    for (const field of ['apiVersion', 'kind']) if (!document.has(field)) document.set(field, fresh[field]);
    put(document, 'clusters', entry.name, 'cluster', entry.cluster);
    put(document, 'users', entry.name, 'user', entry.user);
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
