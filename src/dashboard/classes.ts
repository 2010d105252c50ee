/** What a session does at a moment: the kinds that load is split by, from bottom to top, and their colours. */

/** Work first, then the types of pg_stat_activity.wait_event_type. */
export const CLASS_COLOURS: Readonly<Record<string, string>> = {
  CPU: '#4f9d69',
  'Run queue': '#b7c94a',
  IO: '#3f7fbf',
  Lock: '#c0392b',
  LWLock: '#d98cb3',
  BufferPin: '#8e6bbf',
  IPC: '#7a5c3e',
  Client: '#8a8f94',
  Timeout: '#c9a227',
  Activity: '#5f6b73',
  Extension: '#2a9d8f',
  Kernel: '#e07b39',
  Wait: '#9c6644',
};
const OTHER = '#b0b0b0';

export const colourOf = (name: string): string => CLASS_COLOURS[name] ?? OTHER;

/** The kinds that occur, in the order of the stack. */
export function classesIn(sessions: readonly Readonly<Record<string, number>>[]): string[] {
  const seen = new Set(sessions.flatMap((one) => Object.keys(one).filter((name) => one[name]! > 0)));
  const known = Object.keys(CLASS_COLOURS).filter((name) => seen.has(name));
  return [...known, ...[...seen].filter((name) => !(name in CLASS_COLOURS)).sort()];
}
