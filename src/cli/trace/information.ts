/** What `pebble trace` says of itself and of the kernel: --help, --version, --info. */
import { readFileSync } from 'node:fs';
import { arch, release, type, version } from 'node:os';
import { FEATURE_NAMES, feature } from '../../bpf/features/index.ts';
import type { TraceOptions } from './request.ts';
import { usage } from './usage.ts';

/** The release of bpftrace whose language this is. */
const LANGUAGE = 'bpftrace v0.26.1';

export async function information(options: TraceOptions): Promise<string> {
  if (options.help) return usage();
  return options.version ? `${LANGUAGE} (its language, by pebble ${packageVersion()})\n` : kernelReport();
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

async function kernelReport(): Promise<string> {
  return [
    'System',
    `  OS: ${type()} ${release()} ${version()}`,
    `  Arch: ${arch()}`,
    '',
    'Build',
    `  version: ${packageVersion()}`,
    `  language: ${LANGUAGE}`,
    '',
    'Kernel features',
    ...(await features()),
    '',
  ].join('\n');
}

/** The kernel's features by their names; what is missing says why. */
async function features(): Promise<string[]> {
  const all = await Promise.all(FEATURE_NAMES.map((name) => feature(name)));
  return all.map(({ name, available, reason }) => `  ${name}: ${available ? 'yes' : `no (${reason})`}`);
}
