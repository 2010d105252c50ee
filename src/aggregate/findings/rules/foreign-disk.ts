/** Something that is not PostgreSQL keeps a device busy that statements wait for. */
import { formatBytes, formatShare } from '../../../base/units.ts';
import { eventLines, LITTLE_SESSIONS, named, rank, severityOf, shareLines, waited } from '../measure.ts';
import type { Rule } from '../situation.ts';

/** Of the time of all statements, waiting for files. */
const LEAST_SHARE = 0.2;
/** A second. */
const LEAST_BYTES = 4 * 2 ** 20;

export const foreignDisk: Rule = {
  id: 'foreign-disk',
  find(situation) {
    const { machine } = situation;
    const files = waited(situation, (row) => row.wait_event_type === 'IO');
    if (!machine || files.share < LEAST_SHARE || files.sessions < LITTLE_SESSIONS) return undefined;
    const perSecond = (bytes: number): number => (bytes * 1e6) / machine.window_us;
    const rate = (bytes: number): string => `${formatBytes(perSecond(bytes))}/s`;
    const [most] = machine.disk_others;
    if (!most || perSecond(machine.other_disk_bytes) < LEAST_BYTES) return undefined;
    if (machine.other_disk_bytes < machine.postgres_disk_bytes) return undefined;
    const ranked = rank(files.rows, (row) => row.total_us);
    return {
      severity: severityOf(files.share),
      title: `processes outside PostgreSQL read and write ${rate(machine.other_disk_bytes)}, ${most.name} most of it, while statements wait ${formatShare(files.share)} of their time for files`,
      evidence: [
        ...machine.disk_others.slice(0, 3).map(({ name, bytes }) => `${name}: ${rate(bytes)}`),
        `PostgreSQL: ${rate(machine.postgres_disk_bytes)}`,
        ...eventLines(files, situation.observedUs),
        ...shareLines(ranked),
      ],
      sql: null,
      advice:
        'move it to another device or another hour, or bound it: io.max of a cgroup, ionice; `pebble io` says which device',
      refuted_by: 'it uses another device than PostgreSQL, or statements wait as long while it rests',
      queries: named(ranked),
    };
  },
};
