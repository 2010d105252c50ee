/** `pebble doctor`: what this host lets Pebble do, and what to do about the rest. */
import { arch, release } from 'node:os';
import { PebbleError } from '../../base/errors.ts';
import {
  type Capability,
  capabilities,
  FEATURE_NAMES,
  type Feature,
  feature,
  type Setting,
  settings,
} from '../../bpf/features/index.ts';
import type { Context } from '../command.ts';
import { judge, type Verdict } from '../doctor/verdict.ts';
import type { Parsed } from '../options.ts';
import type { DOCTOR_OPTIONS } from '../table.ts';

interface Findings {
  readonly capabilities: readonly Capability[];
  readonly settings: readonly Setting[];
  readonly features: readonly Feature[];
  readonly verdict: Verdict;
}

/** Without one of these nothing can be traced. */
const NECESSARY = ['maps', 'programs'];

export async function run({ options }: Parsed<typeof DOCTOR_OPTIONS>, context: Context): Promise<number> {
  const findings: Findings = {
    capabilities: capabilities(),
    settings: settings(),
    features: await Promise.all(FEATURE_NAMES.map(feature)),
    verdict: await judge(),
  };
  const lines = options.json ? rows(findings) : report(findings, context.color);
  process.stdout.write(`${lines.join('\n')}\n`);
  const missing = findings.features.find(({ name, available }) => NECESSARY.includes(name) && !available);
  if (missing === undefined) return 0;
  throw new PebbleError(findings.capabilities.some(({ held }) => held) ? 'unsupported' : 'privilege', {
    doing: 'examining this host',
    what: `no eBPF: ${missing.reason}`,
    hint: 'run as root, or with CAP_BPF and CAP_PERFMON',
  });
}

function rows({ capabilities: held, settings: set, features, verdict }: Findings): string[] {
  return [
    ...held.map((capability) => ({ kind: 'capability', ...capability })),
    ...set.map(({ advice = null, ...setting }) => ({ kind: 'setting', ...setting, advice })),
    ...features.map(({ reason = null, without = null, ...rest }) => ({ kind: 'feature', ...rest, reason, without })),
    { kind: 'verdict', ...verdict },
  ].map((row) => JSON.stringify(row));
}

function report({ capabilities: held, settings: set, features, verdict }: Findings, color: boolean): string[] {
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const mark = (good: boolean) => (good ? paint(32, 'yes') : paint(31, 'no '));
  const wide = Math.max(...features.map(({ name }) => name.length));
  return [
    `kernel ${release()} (${arch()})`,
    '',
    'privileges',
    ...held.map(({ name, held: has, without }) => `  ${mark(has)} ${name}${has ? '' : `: without it ${without}`}`),
    '',
    'settings',
    ...set.map(
      ({ name, value, advice }) => `  ${mark(advice === undefined)} ${name} is ${value}${advice ? `: ${advice}` : ''}`,
    ),
    '',
    'features of the kernel, tried here',
    ...features.flatMap(({ name, title, available, reason, since, without }) => {
      const line = `  ${mark(available)} ${name.padEnd(wide)}  ${title}`;
      return available
        ? [line]
        : [
            `${line} (Linux ${since})`,
            `      ${paint(2, `because: ${reason}`)}`,
            `      ${paint(2, `without: ${without}`)}`,
          ];
    }),
    '',
    ...verdict.clusters.map(({ pgdata, major, refused }) =>
      refused === null
        ? `  ${mark(true)} PostgreSQL ${major} in ${pgdata} can be watched`
        : `  ${mark(false)} PostgreSQL ${major} in ${pgdata}: ${refused}`,
    ),
    paint(1, `verdict: ${verdict.level}: ${verdict.reason}`),
    `next: ${verdict.next}`,
  ];
}
