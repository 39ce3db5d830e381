import type { Secret } from '@openkupe/contract/resources/secret';
import type { Member } from '@openkupe/contract/resources/tenant';
import { age } from './age.ts';
import type { View } from './result.ts';

const targets = ({ sync }: Secret) =>
  (sync ?? []).map(({ cluster, namespace, secretName }) => [cluster, namespace, secretName].filter(Boolean).join('/')).join(' ');

const problems = ({ status }: Secret) =>
  status.syncStatuses
    .filter(({ message }) => message)
    .map(({ cluster, namespace, message }) => `${cluster}/${namespace}: ${message}`)
    .join('; ');

/** A secret: where its values are, and which targets have them. */
export const SECRET_VIEW: View<Secret> = {
  kind: 'secret',
  nameOf: (secret) => secret.name,
  fields: [
    { title: 'NAME', value: (secret) => secret.name },
    { title: 'PHASE', value: ({ status }) => status.phase },
    { title: 'WAITING FOR', value: problems, list: 'never' },
    { title: 'PATH', value: (secret) => secret.secretPath },
    { title: 'TARGETS', value: targets, list: 'wide' },
    {
      title: 'SYNCED',
      value: ({ sync, status }) => `${status.syncStatuses.filter(({ phase }) => phase === 'Synced').length}/${(sync ?? []).length}`,
    },
    { title: 'AGE', value: ({ createdAt }, nowMs) => age(createdAt, nowMs), object: 'never' },
    { title: 'CREATED', value: (secret) => secret.createdAt, list: 'wide' },
    { title: 'RESOURCE VERSION', value: (secret) => secret.resourceVersion, list: 'never', object: 'wide' },
  ],
};

/** A person who may use the tenant. */
export const MEMBER_VIEW: View<Member> = {
  kind: 'member',
  nameOf: (member) => member.email,
  fields: [
    { title: 'EMAIL', value: (member) => member.email },
    { title: 'ROLE', value: (member) => member.role },
  ],
};
