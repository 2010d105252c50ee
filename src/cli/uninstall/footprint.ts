/** What of Pebble is in this host's kernel, and why it is there: held by a process, pinned, or neither. */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readRegular } from '../../base/foreign-file.ts';
import {
  type Held,
  type HeldKind,
  heldBy,
  type KernelObject,
  listHolders,
  listObjects,
  listPins,
} from '../../bpf/inventory/index.ts';
import { rememberedPins } from './remembered-pins.ts';

/** How the programs that Pebble's compiler makes are called in the kernel (src/lang/lower/program.ts). */
const OUR_PROGRAMS = /^pebble_p\d+(?:_|$)/;
/** Arguments of a run from sources, a package or a checkout. */
const OUR_ENTRY = /\/src\/cli\/(start\/index|main)\.ts$/;
/** Where a single executable has unpacked the library that it calls the kernel by (scripts/single/main.cjs). */
const UNPACKED = /\/pebble\/[0-9a-f]{16}\/node_modules\//;

export interface Footprint {
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
  /** Links first, then programs, then maps. */
  readonly objects: readonly KernelObject[];
  readonly pins: readonly string[];
}

/** Of the whole host, or of these processes only. */
export function findFootprint(only: readonly number[]): Footprint {
  const all = listObjects();
  const holders = only.length > 0 ? holdersOf(only) : listHolders();
  const named = only.length > 0 ? [] : all.filter(({ kind, name }) => kind === 'program' && OUR_PROGRAMS.test(name));
  const ours = new Set(named.map(keyOf));
  const processes = [...holders].filter(
    ([pid, held]) => pid !== process.pid && (isPebble(pid) || held.some((one) => ours.has(keyOf(one)))),
  );
  // A process of another tool that holds one of our programs, as bpftool does while it lists them, holds others of its own.
  for (const [pid, held] of processes) if (isPebble(pid)) for (const one of held) ours.add(keyOf(one));
  const objects = withWhatBelongs(all, ours);
  return {
    processes: processes.filter(([pid]) => isPebble(pid)).map(([pid]) => ({ pid, command: commandOf(pid) })),
    objects,
    pins: pinsOf(objects, only.length > 0 ? [] : rememberedPins()),
  };
}

const holdersOf = (pids: readonly number[]): ReadonlyMap<number, readonly Held[]> =>
  new Map(pids.map((pid) => [pid, heldBy(pid)] as const));

/** A link of our program is ours, and so are the maps that it uses. */
function withWhatBelongs(all: readonly KernelObject[], ours: ReadonlySet<string>): KernelObject[] {
  const isOurs = (kind: HeldKind, id: number): boolean => ours.has(keyOf({ kind, id }));
  const used = new Set(
    all.filter(({ kind, id }) => kind === 'program' && isOurs(kind, id)).flatMap(({ keeps }) => keeps),
  );
  return all.filter(
    ({ kind, id, keeps }) =>
      isOurs(kind, id) || (kind === 'link' && isOurs('program', keeps[0]!)) || (kind === 'map' && used.has(id)),
  );
}

function pinsOf(objects: readonly KernelObject[], remembered: readonly string[]): string[] {
  const ours = new Set(objects.map(keyOf));
  const pins = listPins().filter(
    ({ path, held }) => remembered.includes(path) || held.some((one) => ours.has(keyOf(one))),
  );
  return pins.map(({ path }) => path);
}

export const keyOf = ({ kind, id }: Held): string => `${kind} ${id}`;

/** By what runs, not by its name alone: other programs are called pebble, and anybody may edit a file of such a path. */
function isPebble(pid: number): boolean {
  const program = programOf(pid);
  if (program.endsWith('/pebble')) return UNPACKED.test(readText(`/proc/${pid}/maps`));
  const entry = program.endsWith('/node') && argumentsOf(pid).find((argument) => OUR_ENTRY.test(argument));
  return entry ? isOfOurPackage(pid, entry) : false;
}

/** As the process itself sees the path. */
function isOfOurPackage(pid: number, entry: string): boolean {
  const place = entry.startsWith('/') ? 'root' : 'cwd';
  const path = join(`/proc/${pid}/${place}`, entry.replace(OUR_ENTRY, ''), 'package.json');
  return /"name":\s*"pgpebble"/.test(readRegular(path)?.toString() ?? '');
}

/** As it was started, without the machinery before it. */
function commandOf(pid: number): string {
  const argv = argumentsOf(pid);
  const entry = argv.findIndex((argument) => OUR_ENTRY.test(argument));
  return ['pebble', ...argv.slice(Math.max(entry, 0) + 1)].join(' ');
}

const argumentsOf = (pid: number): string[] => readText(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}
