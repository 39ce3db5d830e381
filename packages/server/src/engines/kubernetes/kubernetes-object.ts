/** The parts of `metadata` that openkupe reads or writes (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/). */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  /** When deletion was asked for; the object stays until its finalizers are done. */
  readonly deletionTimestamp?: string;
}

/** What every object of the Kubernetes API has. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** A collection of the API: `{ apiVersion: 'apps/v1', plural: 'statefulsets' }`. */
export interface ApiResource {
  readonly apiVersion: string;
  readonly plural: string;
}

/** Names one object; without `namespace` a cluster-scoped one. */
export interface ObjectName {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** The path of a collection: `/apis/apps/v1/namespaces/NS/statefulsets`; without a namespace, of all namespaces or of a cluster-scoped kind. */
export function collectionPath({ apiVersion, plural }: ApiResource, namespace?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** The path of one object. */
export function objectPath(resource: ApiResource, { name, namespace }: ObjectName): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}
