/** Finds the clusters to trace and writes, in the tracing language, what reads their memory. */
import { clockNs } from '../../bpf/index.ts';
import type { TargetField, TargetLibrary } from '../../lang/index.ts';
import { byCluster, type ClusterChoice, chooseClusters, type TracedCluster } from './clusters.ts';
import { FIELDS, type Readable, zeroOf } from './fields.ts';
import { hooksOf } from './probes.ts';
import { REQUEST_FIELDS } from './requests.ts';
import { POINTERS, structsText } from './structs.ts';
import { textTables } from './texts.ts';

export function makeLibrary(choice: ClusterChoice): TargetLibrary {
  const clusters = chooseClusters(choice);
  return {
    source: { name: 'postgresql', text: libraryText(clusters, choice) },
    texts: textTables(clusters),
    hooks: (name) => hooksOf(name, clusters),
  };
}

const RECORDS = `
struct pg_request { uint64_t started; uint64_t done; };
struct pg_wait { uint64_t since; };
let @pg_requests : struct pg_request = task_storage();
let @pg_waits : struct pg_wait = task_storage();
`;

function libraryText(clusters: readonly TracedCluster[], choice: ClusterChoice): string {
  const published = FIELDS.filter(({ name }) => name !== 'postmaster').map((field) => macroOf(field, clusters));
  const pointers = POINTERS.map((one) => pointerMacro(one, clusters));
  return [structsText(clusters), RECORDS, ...ownMacros(clusters, choice), ...published, ...pointers].join('\n');
}

/** What is not for scripts. */
function ownMacros(clusters: readonly TracedCluster[], choice: ClusterChoice): string[] {
  const entry = byCluster(clusters, ({ profile }) => `*(uint64 *)uptr(${profile.addresses.MyBEEntry})`);
  return [
    `macro postmaster() { let $p = curtask.real_parent.tgid; if (${isTraced(clusters, choice)}) { (uint32)$p } else { (uint32)0 } }`,
    `macro entry() { if (pg.postmaster != 0) { ${entry} } else { (uint64)0 } }`,
    `macro now() { nsecs(boot) + ${clockOffset()} }`,
    ...REQUEST_FIELDS.map((field) => macroOf(field, clusters)),
  ];
}

/** What the wall clock is ahead of the time since boot: the closest of some readings, as we may be interrupted within one. */
function clockOffset(): bigint {
  const readings = Array.from({ length: 9 }, () => {
    const [before, wall, after] = [clockNs('boottime'), clockNs('realtime'), clockNs('boottime')];
    return { width: after - before, offset: wall - (before + after) / 2n };
  });
  return readings.reduce((best, one) => (one.width < best.width ? one : best)).offset;
}

/** A server process is a child of its postmaster; one that it starts itself (archive_command) is not. */
function isTraced(clusters: readonly TracedCluster[], { pid }: ClusterChoice): string {
  const parents = clusters.map((cluster) => `$p == ${cluster.pid}`).join(' || ');
  const isServer = pid === undefined || clusters.some((cluster) => cluster.pid === pid);
  return isServer ? parents : `(${parents}) && pid == ${pid}`;
}

function pointerMacro(pointer: (typeof POINTERS)[number], clusters: readonly TracedCluster[]): string {
  const why = pointer.lacking(clusters);
  return why === undefined ? macroOf(pointer, clusters) : `macro ${pointer.name}() { fail("%s", "${why}"); }`;
}

function macroOf({ name, type, elsewhere, of }: Readable, clusters: readonly TracedCluster[]): string {
  const value = byCluster(clusters, of);
  return `macro ${name}() { let $e = pg.entry; if ($e != 0) { ${value} } else { ${elsewhere ?? zeroOf(type)} } }`;
}

/** What a script can say after `pg.`. */
export const ALL_FIELDS: readonly TargetField[] = [...FIELDS, ...POINTERS];
export { ELSEWHERE } from './fields.ts';
export { PROBES } from './probes.ts';
