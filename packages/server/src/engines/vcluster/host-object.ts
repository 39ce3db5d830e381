import { createHash } from 'node:crypto';
import type { ApiResource, KubernetesObject } from '../kubernetes/kubernetes-object.ts';

/** An object on the host cluster, with whatever its kind has beside `metadata`. */
export type HostObject = KubernetesObject & { readonly [field: string]: unknown };

/** The kinds that this engine writes, in the order in which they are applied, and all that it ever prunes. */
export const KINDS: Readonly<Record<string, ApiResource>> = {
  ResourceQuota: { apiVersion: 'v1', plural: 'resourcequotas' },
  LimitRange: { apiVersion: 'v1', plural: 'limitranges' },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', plural: 'networkpolicies' },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts' },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles' },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings' },
  Secret: { apiVersion: 'v1', plural: 'secrets' },
  Service: { apiVersion: 'v1', plural: 'services' },
  Ingress: { apiVersion: 'networking.k8s.io/v1', plural: 'ingresses' },
  TLSRoute: { apiVersion: 'gateway.networking.k8s.io/v1', plural: 'tlsroutes' },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets' },
};

/** The collection of namespaces. */
export const NAMESPACES: ApiResource = { apiVersion: 'v1', plural: 'namespaces' };

/** What a running cluster is lost with. Other changes wait for the next observation: pods that a tenant starts change the status of a quota. */
export const REPORTED: readonly ApiResource[] = [NAMESPACES, resourceOf('StatefulSet')];

/** What is followed by one watch each, so that an observation asks the host nothing. */
export const FOLLOWED: readonly ApiResource[] = [NAMESPACES, ...Object.values(KINDS)];

/** The collection of a kind that this engine writes. */
export function resourceOf(kind: string): ApiResource {
  const resource = KINDS[kind];
  if (!resource) throw new Error(`Kind "${kind}" is not one that this engine writes; add it to KINDS`);
  return resource;
}

/** Names an object within its namespace. */
export const keyOf = ({ kind, metadata }: HostObject) => `${kind}/${metadata.name}`;

/** SHA-256 of a text, hexadecimal. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
