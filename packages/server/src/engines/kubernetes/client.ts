import { systemClock, systemRandom } from '@openkupe/contract';
import { connectTo, type SentRequest, type ServerAddress } from './connection.ts';
import { exchange } from './exchange.ts';
import { isStatus, KubernetesError, statusOf } from './kubernetes-error.ts';
import { type ApiResource, collectionPath, type KubernetesObject, type ObjectName, objectPath } from './kubernetes-object.ts';
import { parseJson, readBody, readLines } from './read-body.ts';
import { type RetryPorts, withRetries } from './with-retries.ts';

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, at any time. */
  readonly signal?: AbortSignal | undefined;
}

/** Which objects of a collection are meant. */
export interface Selection extends CallOptions {
  readonly namespace?: string | undefined;
  /** `kupe.io/cluster-uid=…,app.kubernetes.io/managed-by=openkupe`. */
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** A complete list, and the version after which a watch continues it. */
export interface ObjectList<T extends KubernetesObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** One event of a watch. A bookmark carries only a newer `resourceVersion`. */
export interface WatchEvent<T extends KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** Options of a server-side apply. */
export interface ApplyOptions extends CallOptions {
  /** Takes fields over that another field manager owns; without it that is a `Conflict`. */
  readonly isForced?: boolean;
}

/** Options of a deletion. */
export interface DeleteOptions extends CallOptions {
  /** Deletes only the object with this uid; another one of that name is a `Conflict`. */
  readonly uid?: string | undefined;
}

/**
 * A thin client of one API server. Calls reject with a {@link KubernetesError} for an answer that is an error, with a {@link ConnectionError}
 * without a usable one, and with the signal's reason. Bounded in bytes and time; only `watch` stays open. All but `watch` and `raw` are sent again
 * as {@link withRetries} says.
 */
export interface KubernetesClient {
  /** The object; `undefined` where there is none (404). */
  get<T extends KubernetesObject>(resource: ApiResource, name: ObjectName, options?: CallOptions): Promise<T | undefined>;
  /** All objects, each with its `apiVersion` and `kind`, read in pages of 500. A list whose continuation expires meanwhile is a `KubernetesError` with code 410. */
  list<T extends KubernetesObject>(resource: ApiResource, selection?: Selection): Promise<ObjectList<T>>;
  /**
   * Opens a watch on one connection, and resolves once the server has accepted it: the events after `resourceVersion`, bookmarks among them.
   * Ends where the server ends it; an ERROR event is thrown. Code 410 says that the version is too old.
   */
  watch<T extends KubernetesObject>(
    resource: ApiResource,
    from: Selection & { readonly resourceVersion: string },
  ): Promise<AsyncIterable<WatchEvent<T>>>;
  /** Server-side apply as the field manager `openkupe`: creates the object or sets exactly these fields; fields left out are removed. */
  apply<T extends KubernetesObject>(resource: ApiResource, object: T, options?: ApplyOptions): Promise<T>;
  /** Creates an object; with `subresource`, below the object of that name, such as a TokenRequest of a ServiceAccount. */
  create<T extends { readonly kind: string; readonly metadata?: Partial<ObjectName> }>(
    resource: ApiResource,
    object: T,
    options?: CallOptions & { readonly below?: ObjectName & { readonly subresource: string } },
  ): Promise<T>;
  /** Starts a deletion. `gone`: nothing is left; `deleting`: finalizers or dependents hold it. */
  delete(resource: ApiResource, name: ObjectName, options?: DeleteOptions): Promise<'gone' | 'deleting'>;
  /** GETs `/readyz`, `/version` and the like, once: the body of a 2xx. */
  raw(path: string, options?: CallOptions): Promise<string>;
  /** Closes idle connections, and breaks off the others. */
  close(): void;
}

/** A watch is sent a bookmark about every minute, so that a connection without a byte for this long leads nowhere. In milliseconds. */
const IDLE_WATCH_MS = 150_000;
const PAGE = '500';
/** Whose fields these are, for the API server. */
const FIELD_MANAGER = 'openkupe';

/** Makes the client of one API server. `credential` and `caPem` hold for its life, except for a token file. */
export function createKubernetesClient(address: ServerAddress, ports: RetryPorts = SYSTEM): KubernetesClient {
  const connection = connectTo(address);
  const call = async (method: SentRequest['method'], path: string, query: Query, { signal }: CallOptions = {}, content?: Content) => {
    const request = { method, path: withQuery(path, query), ...content };
    return parseJson(await withRetries(() => exchange(connection, request, ports.clock, signal), method, ports, signal));
  };

  return {
    get: (resource, name, options) => unlessMissing(call('GET', objectPath(resource, name), {}, options), undefined) as never,
    async list<T extends KubernetesObject>(resource: ApiResource, selection: Selection = {}) {
      const items: T[] = [];
      let continued: string | undefined;
      for (;;) {
        const query = { ...selectors(selection), limit: PAGE, continue: continued };
        const page = (await call('GET', collectionPath(resource, selection.namespace), query, selection)) as ListPage<T>;
        // NOTE: API servers leave both out of the items of a list.
        const type = { apiVersion: resource.apiVersion, kind: page.kind.replace(/List$/, '') };
        items.push(...(page.items ?? []).map((item) => ({ ...type, ...item })));
        continued = page.metadata.continue || undefined;
        if (continued === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
      }
    },
    async watch(resource, { resourceVersion, signal = NEVER, ...selection }) {
      const query = { ...selectors(selection), watch: '1', allowWatchBookmarks: 'true', resourceVersion };
      const path = withQuery(collectionPath(resource, selection.namespace), query);
      const response = await connection.send({ method: 'GET', path, signal, idleMs: IDLE_WATCH_MS });
      const code = response.statusCode ?? 0;
      if (code !== 200) throw new KubernetesError(statusOf(code, await readBody(response, signal)));
      return eventsOf(readLines(response, signal)) as never;
    },
    apply(resource, object, { isForced = false, ...options } = {}) {
      const query = { fieldManager: FIELD_MANAGER, force: String(isForced) };
      return call('PATCH', objectPath(resource, object.metadata), query, options, contentOf(object, APPLY)) as never;
    },
    create(resource, object, { below, ...options } = {}) {
      const path = below ? `${objectPath(resource, below)}/${below.subresource}` : collectionPath(resource, object.metadata?.namespace);
      return call('POST', path, { fieldManager: FIELD_MANAGER }, options, contentOf(object)) as never;
    },
    async delete(resource, name, { uid, ...options } = {}) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions: { uid } };
      const deleted = call('DELETE', objectPath(resource, name), {}, options, contentOf(body));
      const left = (await unlessMissing(deleted, { kind: 'Status' })) as Partial<KubernetesObject>;
      return left.kind === 'Status' || left.metadata?.deletionTimestamp === undefined ? 'gone' : 'deleting';
    },
    raw: (path, { signal } = {}) => exchange(connection, { method: 'GET', path }, ports.clock, signal),
    close: () => connection.close(),
  };
}

interface ListPage<T> {
  /** `ConfigMapList` */
  readonly kind: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}
type Query = Readonly<Record<string, string | undefined>>;
type Content = Pick<SentRequest, 'body' | 'contentType'>;

const SYSTEM: RetryPorts = { clock: systemClock, random: systemRandom };
const NEVER = new AbortController().signal;
/** JSON is YAML; `application/apply-patch+json` is unknown to some servers. */
const APPLY = 'application/apply-patch+yaml';
const contentOf = (object: unknown, contentType = 'application/json'): Content => ({ body: JSON.stringify(object), contentType });
const selectors = ({ labelSelector, fieldSelector }: Selection): Query => ({ labelSelector, fieldSelector });

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

async function unlessMissing(answer: Promise<unknown>, otherwise: unknown): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, 404)) return otherwise;
    throw error;
  }
}

async function* eventsOf(lines: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const line of lines) {
    const event = line as { readonly type: string; readonly object: { readonly code?: number } };
    if (event.type === 'ERROR') throw new KubernetesError(statusOf(event.object.code ?? 500, JSON.stringify(event.object)));
    yield event;
  }
}
