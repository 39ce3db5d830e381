export type { AlertRoute, Receiver } from '@openkupe/contract/resources/alertmanager';
export type { ApiKey, ApiKeyCreate, ApiKeyPatch, ApiKeyRotate, ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
export type { Cluster, ClusterCreate, ClusterExplanation, ClusterPatch, ConnectionDetails } from '@openkupe/contract/resources/cluster';
export type { Event } from '@openkupe/contract/resources/event';
export type { Invoice } from '@openkupe/contract/resources/invoice';
export type { Limit } from '@openkupe/contract/resources/limits';
export type { MemberAdd, MemberPatch } from '@openkupe/contract/resources/member';
export type { Plan } from '@openkupe/contract/resources/plan';
export type { Secret, SecretCreate, SecretPatch } from '@openkupe/contract/resources/secret';
export type { Member, Tenant, TenantDelete, TenantPatch } from '@openkupe/contract/resources/tenant';
export type {
  Webhook,
  WebhookCreate,
  WebhookDelivery,
  WebhookPatch,
  WebhookSecretRotate,
  WebhookWithSecret,
} from '@openkupe/contract/resources/webhook';
export type { Outcome } from '@openkupe/contract/retry/classify';
export type { StopReason, WaitReason } from '@openkupe/contract/retry/decide';
export { PAGE_POLICY, type RetryPolicy } from '@openkupe/contract/retry/policy';
export type { CallOptions, ChangeOptions, Recovery, Result, WriteOptions } from './call.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export {
  AlreadyExistsError,
  ConnectionError,
  DecodeError,
  ForbiddenError,
  InternalError,
  InvalidRequestError,
  NotFoundError,
  PreconditionFailedError,
  RateLimitedError,
  TimeoutError,
  UnauthenticatedError,
  UnavailableError,
} from './errors/by-status.ts';
export { type ConflictReport, type FieldError, KupeError, type MissedChange } from './errors/kupe-error.ts';
export type { CallName, ClientEvent } from './events.ts';
export { explain } from './explain.ts';
export type { Alertmanager, AlertmanagerSettings } from './resources/alertmanager.ts';
export type { ApiKeys } from './resources/api-keys.ts';
export type { Audit, AuditFilter } from './resources/audit.ts';
export type { ClusterCondition, ClusterWaitOptions } from './resources/cluster-wait.ts';
export type { ClusterFilter, Clusters } from './resources/clusters.ts';
export type { Collection, NameFilter } from './resources/collection.ts';
export type { EventNotice, EventOptions, Events } from './resources/events.ts';
export type { Invoices } from './resources/invoices.ts';
export type { Limits } from './resources/limits.ts';
export type { Listing } from './resources/list-pages.ts';
export type { Members } from './resources/members.ts';
export type { Plans } from './resources/plans.ts';
export type { Secrets } from './resources/secrets.ts';
export type { TenantResource } from './resources/tenant.ts';
export type { Webhooks } from './resources/webhooks.ts';
export type { AttemptRecord } from './retry/attempt-record.ts';
export type { AppliedState } from './retry/failure.ts';
export { createFetchTransport } from './transport/fetch.ts';
export { createTransport } from './transport/own-transport.ts';
export { NoAnswer, type Transport, type TransportRequest, type TransportResponse } from './transport/transport.ts';
export type { TransportOptions } from './transport/transport-options.ts';
export type { UpdateOptions } from './update/read-modify-write.ts';
export type { WaitOptions, WaitProgress } from './wait/wait-until.ts';
