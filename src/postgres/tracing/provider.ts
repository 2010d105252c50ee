/** PostgreSQL as a target of the tracing language; nothing is loaded or looked for before a script says `pg`. */
import { createRequire } from 'node:module';
import type { TargetLibrary, TargetProvider } from '../../lang/index.ts';
import type { ClusterChoice } from './clusters.ts';

export type { ClusterChoice } from './clusters.ts';

/** Compilation is synchronous, as in tracer/host. */
const load = createRequire(import.meta.url);
const files = () => load('./library.ts') as typeof import('./library.ts');
const clusters = () => load('./clusters.ts') as typeof import('./clusters.ts');

/** The one program of the clusters chosen: what uprobes are attached to. */
export const serverBinary = (choice: ClusterChoice): string => clusters().serverBinary(choice);

export function postgresTarget(choice: ClusterChoice = {}): TargetProvider {
  let library: TargetLibrary | undefined;
  return {
    name: 'pg',
    get fields() {
      return files().ALL_FIELDS;
    },
    get elsewhere() {
      return files().ELSEWHERE;
    },
    get probes() {
      return files().PROBES;
    },
    library() {
      library ??= files().makeLibrary(choice);
      return library;
    },
  };
}
