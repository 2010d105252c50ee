/** What a session does at a moment: the kinds that load is split by, from bottom to top, their colours and their meaning. */

interface Kind {
  readonly colour: string;
  readonly means: string;
}

/** Work first, then the types of pg_stat_activity.wait_event_type. */
export const KINDS: Readonly<Record<string, Kind>> = {
  CPU: { colour: '#4f9d69', means: 'running on a CPU' },
  'Run queue': { colour: '#b7c94a', means: 'ready to run, waiting for a CPU' },
  IO: { colour: '#3f7fbf', means: 'reading, writing or syncing files' },
  Lock: { colour: '#c0392b', means: 'waiting for a lock that another session holds' },
  LWLock: { colour: '#d98cb3', means: "waiting for one of PostgreSQL's internal locks" },
  BufferPin: { colour: '#8e6bbf', means: 'waiting for exclusive use of a buffer' },
  Buffer: { colour: '#8e6bbf', means: 'waiting for a buffer' },
  IPC: { colour: '#7a5c3e', means: 'waiting for another process of PostgreSQL' },
  Client: { colour: '#8a8f94', means: 'waiting for the client' },
  Timeout: { colour: '#c9a227', means: 'asleep on purpose, as in pg_sleep' },
  Activity: { colour: '#5f6b73', means: 'a background process with nothing to do' },
  Extension: { colour: '#2a9d8f', means: 'waiting in an extension' },
  InjectionPoint: { colour: '#2a9d8f', means: 'stopped by a test' },
  Kernel: { colour: '#e07b39', means: 'asleep in the kernel, at a place that PostgreSQL does not name' },
  Wait: { colour: '#9c6644', means: 'off the CPU, for a reason that is not collected' },
};
/** For keys that are no kinds: databases, users, wait events. */
const OTHERS = [
  '#3f7fbf',
  '#c9773a',
  '#4f9d69',
  '#8e6bbf',
  '#c94f7c',
  '#2a9d8f',
  '#7a5c3e',
  '#c9a227',
  '#5d7fa8',
  '#8a8f94',
];

export function colourOf(name: string): string {
  if (Object.hasOwn(KINDS, name)) return KINDS[name]!.colour;
  let hash = 0;
  for (let at = 0; at < name.length; at++) hash = (hash * 31 + name.charCodeAt(at)) | 0;
  return OTHERS[Math.abs(hash) % OTHERS.length]!;
}

/** Stronger ones are lost on a dark page, or on a light one. */
const MOST_SHADE = 0.5;

/** Members of one kind: its colour, lighter and darker by turns. */
export function shadeOf(kind: string, at: number): string {
  if (!Object.hasOwn(KINDS, kind)) return colourOf(`${kind} ${at}`);
  const [red, green, blue] = [1, 3, 5].map((from) => Number.parseInt(KINDS[kind]!.colour.slice(from, from + 2), 16));
  const strength = Math.min(MOST_SHADE, 0.17 * Math.ceil(at / 2));
  const towards = at % 2 === 1 ? 255 : 0;
  const mixed = [red!, green!, blue!].map((part) => Math.round(part + (towards - part) * strength));
  return `rgb(${mixed.join(' ')})`;
}

export const meaningOf = (name: string): string => (Object.hasOwn(KINDS, name) ? KINDS[name]!.means : name);

/** Known kinds in the order of the stack, others behind them. */
export function inOrder(names: Iterable<string>): string[] {
  const seen = new Set(names);
  const known = Object.keys(KINDS).filter((name) => seen.has(name));
  return [...known, ...[...seen].filter((name) => !Object.hasOwn(KINDS, name)).sort()];
}
