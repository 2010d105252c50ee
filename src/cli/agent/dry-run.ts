/** `pebble agent --dry-run`: the agent's plan as lines for people and as rows for programs. */
import { type AgentPlan, type Configuration, planAgent } from '../../agent/index.ts';
import { formatBytes, formatRate, formatShare } from '../../base/units.ts';

export async function printPlan(configuration: Configuration, json: boolean): Promise<void> {
  const plan = await planAgent(configuration);
  const lines = json ? rows(plan).map((row) => JSON.stringify(row)) : report(plan, configuration);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function rows({ programs, maps, clusters, refusedSignals, memoryBudget, cost }: AgentPlan): unknown[] {
  return [
    ...clusters.map((cluster) => ({ kind: 'cluster', ...cluster })),
    ...programs.map((program) => ({ kind: 'program', ...program })),
    ...maps.map(({ type, ...map }) => ({ kind: 'map', map_type: type, ...map })),
    ...[...refusedSignals].map(([signal, reason]) => ({ kind: 'refused_signal', signal, reason })),
    { kind: 'memory', bytes: memoryNow(maps), full_bytes: memoryBudget },
    { kind: 'cost', ...cost },
  ];
}

const memoryNow = (maps: AgentPlan['maps']): number => maps.reduce((sum, { bytes }) => sum + bytes, 0);

function report(plan: AgentPlan, configuration: Configuration): string[] {
  const { budget } = configuration;
  const { programs, maps, clusters, refusedSignals, memoryBudget, cost } = plan;
  const wide = Math.max(...programs.map(({ hook }) => hook.length));
  return [
    'clusters that would be watched',
    ...clusters.map(({ pgdata, major, pid, refused }) =>
      refused === null
        ? `  PostgreSQL ${major} in ${pgdata} (postmaster ${pid})`
        : `  not PostgreSQL ${major} in ${pgdata}: ${refused}`,
    ),
    ...(clusters.length === 0 ? ['  none runs now; the agent would wait for one'] : []),
    '',
    'programs that were loaded, found good by the verifier, and let go again',
    ...programs.map(
      ({ name, hook, instructions, bytes }) =>
        `  ${name.padEnd(10)}  ${hook.padEnd(wide)}  ${instructions} instructions, ${formatBytes(bytes)}`,
    ),
    ...[...refusedSignals].map(([signal, reason]) => `  without ${signal}: ${reason}`),
    '',
    'kernel memory',
    `  ${maps.length} maps: ${formatBytes(memoryNow(maps))} at the start, ${formatBytes(memoryBudget)} at most`,
    '',
    'opened and written',
    ...openedBy(configuration),
    '',
    'expected cost on this host, as busy as in the last second',
    `  ${formatRate(cost.switches_per_second)} context switches/s, ${formatRate(cost.sleeps_per_second)} of them by sessions: ` +
      `${formatShare(cost.kernel_share)} of all CPUs in the kernel, ${formatShare(cost.cpu_share)} with the agent itself`,
    budget === null
      ? '  there is no limit: the agent measures, and gives nothing up'
      : `  the limit is ${formatShare(budget)}: the agent measures, and gives up signals above it (docs/overhead.md)`,
    '',
    'nothing is attached, and nothing stays in the kernel',
  ];
}

function openedBy({ listen, store, sql_listen, metrics_listen, otlp_endpoint }: Configuration): string[] {
  const lines: readonly (readonly [string, string])[] = [
    ['pages', listen],
    ['history', store],
    ['SQL', sql_listen === '' ? 'no' : sql_listen],
    ['metrics', metrics_listen === '' ? 'no' : metrics_listen],
    ['OTLP', otlp_endpoint === '' ? 'no' : `to ${otlp_endpoint}`],
  ];
  return lines.map(([what, where]) => `  ${what.padEnd(8)} ${where}`);
}
