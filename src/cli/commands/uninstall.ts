/** `pebble uninstall`: takes everything of Pebble out of this host's kernel, and proves it. */
import { PebbleError } from '../../base/errors.ts';
import type { Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import type { UNINSTALL_OPTIONS } from '../table.ts';
import { findFiles, removalOfProgram, removeFile } from '../uninstall/files.ts';
import { findFootprint } from '../uninstall/footprint.ts';
import { endProcesses, removePins, stopService, whatIsLeft } from '../uninstall/remove.ts';

type State = 'found' | 'removed' | 'kept' | 'left';

interface Row {
  readonly kind: 'service' | 'process' | 'link' | 'program' | 'map' | 'pin' | 'file';
  readonly id: number | null;
  readonly name: string;
  readonly state: State;
}

const row = (kind: Row['kind'], name: string, state: State, id: number | null = null): Row => ({
  kind,
  id,
  name,
  state,
});

export async function run({ options }: Parsed<typeof UNINSTALL_OPTIONS>): Promise<Exit> {
  const { pid: only, purge, 'dry-run': dryRun } = options;
  const isWhole = only.length === 0;
  const service = isWhole && !dryRun && stopService();
  const footprint = findFootprint(only);
  const files = isWhole ? findFiles() : [];
  if (!dryRun) {
    await endProcesses(footprint.processes.map(({ pid }) => pid));
    removePins(footprint.pins);
    if (purge) for (const file of files) removeFile(file);
  }
  const left = new Set(dryRun ? [] : (await whatIsLeft(footprint)).map(({ kind, id }) => `${kind} ${id}`));
  const done: State = dryRun ? 'found' : 'removed';
  const rows = [
    ...(service ? [row('service', 'pebble-agent.service', 'removed')] : []),
    ...footprint.processes.map(({ pid, command }) => row('process', command, done, pid)),
    ...footprint.objects.map(({ kind, id, name }) => row(kind, name, left.has(`${kind} ${id}`) ? 'left' : done, id)),
    ...footprint.pins.map((path) => row('pin', path, done)),
    ...files.map(({ path, what }) => row('file', `${path} (${what})`, dryRun ? 'found' : purge ? 'removed' : 'kept')),
  ];
  process.stdout.write(options.json ? rows.map((each) => `${JSON.stringify(each)}\n`).join('') : report(rows, options));
  if (left.size === 0) return undefined;
  throw new PebbleError('kernel', {
    doing: 'removing Pebble from the kernel',
    what: `${left.size} objects are still there: another process holds them`,
    hint: '`bpftool prog show` and `bpftool link show` name the processes that hold each',
  });
}

function report(rows: readonly Row[], { 'dry-run': dryRun, purge }: { 'dry-run': boolean; purge: boolean }): string {
  const lines = rows
    .filter(({ kind, state }) => !isObject(kind) || state === 'left')
    .map(({ kind, id, name, state }) => `${state.padEnd(8)}${kind} ${id === null ? name : `${id} ${name}`}`.trimEnd());
  const kept = rows.some(({ state }) => state === 'kept');
  return [
    ...lines,
    counts(rows, dryRun),
    ...(kept && !purge ? ['history, settings and caches stay; `pebble uninstall --purge` removes them'] : []),
    `the program itself: ${removalOfProgram()}`,
    '',
  ].join('\n');
}

const isObject = (kind: Row['kind']): boolean => kind === 'link' || kind === 'program' || kind === 'map';

function counts(rows: readonly Row[], dryRun: boolean): string {
  const count = (wanted: Row['kind']): number => rows.filter(({ kind }) => kind === wanted).length;
  const text = `${count('link')} links, ${count('program')} programs, ${count('map')} maps, ${count('pin')} pins`;
  if (dryRun) return `${text} of Pebble are in the kernel; nothing was touched`;
  const left = rows.filter(({ state }) => state === 'left').length;
  return left > 0
    ? `${text} were there, ${left} of them still are`
    : `${text} were there; the kernel has none of them any more`;
}
