/** `main.ts NAME …`: runs the benchmark of `bench/NAME/benchmark.ts` with the arguments that follow. */
import { type Benchmark, runBenchmark } from './benchmark.ts';

const [name = '', ...args] = process.argv.slice(2);
const { benchmark } = (await import(`../${name}/benchmark.ts`)) as { benchmark: Benchmark<object> };
process.exit(await runBenchmark(name, benchmark, args));
