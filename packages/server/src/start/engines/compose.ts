import type { Config } from '../../config/config.ts';
import type { ClusterEngine } from '../../engines/engine.ts';
import { createEngineByType, type EngineName } from '../../engines/engine-by-type.ts';
import type { LocalEngineOptions } from '../../engines/local/local-engine.ts';
import { createReplicatedSandbox, type ReplicatedSandboxOptions } from '../../engines/sandbox/replicated-sandbox.ts';
import { createSandboxEngine } from '../../engines/sandbox/sandbox-engine.ts';
import type { TokenReviewAccess } from '../../engines/token-review-access.ts';
import { buildPrograms } from './build-programs.ts';

/** What the engines need. */
export interface EngineParts {
  readonly config: Config;
  readonly sandbox: ReplicatedSandboxOptions;
  readonly local: Omit<LocalEngineOptions, 'programs' | 'mostClusters' | 'tokenReview'>;
  /** How the API servers of real clusters ask about tokens. */
  readonly tokenReview: TokenReviewAccess;
}

async function composeOne(name: EngineName, { config, sandbox, local, tokenReview }: EngineParts): Promise<ClusterEngine> {
  const { clock, random } = sandbox;
  switch (name) {
    case 'sandbox':
      return config.database ? createReplicatedSandbox(sandbox) : createSandboxEngine(sandbox);
    case 'local': {
      const { createLocalEngine } = await import('../../engines/local/local-engine.ts');
      const { programs = await buildPrograms(), mostClusters } = config.local;
      return createLocalEngine({ ...local, programs, mostClusters, tokenReview });
    }
    case 'cluster-api':
      // NOTE: loaded only where it is chosen: it reads YAML and compiles a schema.
      return (await import('./cluster-api/compose.ts')).composeClusterApi(config, { clock, random, tokenReview });
    case 'vcluster':
      return (await import('./vcluster/compose.ts')).composeVcluster(config, { clock, random, tokenReview });
  }
}

/** What the settings choose: one engine for both types, or one for each. */
export async function composeEngines(parts: EngineParts): Promise<ClusterEngine> {
  const { shared, dedicated } = parts.config.engines;
  const engine = await composeOne(shared, parts);
  return shared === dedicated ? engine : createEngineByType({ shared: engine, dedicated: await composeOne(dedicated, parts) });
}
