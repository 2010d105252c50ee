/** The host is short of memory: tasks wait for pages, or are killed. */
import { formatShare } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.05;

export const memoryPressure: Rule = {
  id: 'memory-pressure',
  find({ machine }) {
    const share = (machine?.memory_stall_us ?? 0) / (machine?.window_us ?? 1);
    const kills = machine?.oom_kills ?? 0;
    if (share < LEAST_SHARE && kills === 0) return undefined;
    return {
      severity: kills > 0 ? 'critical' : 'warning',
      title:
        kills > 0
          ? `the kernel killed ${kills} ${kills === 1 ? 'process' : 'processes'} for want of memory`
          : `something waits for memory ${formatShare(share)} of the time`,
      evidence: [`some tasks stalled ${formatShare(share)} of the time, by /proc/pressure/memory`],
      sql: "SELECT name, setting, unit FROM pg_settings WHERE name IN ('shared_buffers', 'work_mem', 'hash_mem_multiplier', 'max_connections', 'maintenance_work_mem')",
      advice:
        'fewer sessions, less work_mem, or more memory; `memory_max_bytes` and `memory_grown_bytes` of `pebble queries --json` name the statements whose processes grow; events of the kind oom_kill say which of PostgreSQL’s were killed, and what they executed',
      refuted_by: 'avg60 of /proc/pressure/memory is 0 while this is said',
      queries: [],
    };
  },
};
