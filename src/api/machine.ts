/** The machine around PostgreSQL over some minutes: what findings tell from it. */

export interface MachineFacts {
  readonly window_us: number;
  readonly cpus: number;
  /** CPUs in use on average: by the clusters that are watched, and by everything else but Pebble. */
  readonly postgres_cpus: number;
  readonly other_cpus: number;
  /** Of everything else, by the command's name; the most first. */
  readonly others: readonly { readonly name: string; readonly cpus: number }[];
  /** Read from devices and written to them, as the processes that wanted it are charged. */
  readonly postgres_disk_bytes: number;
  readonly other_disk_bytes: number;
  readonly disk_others: readonly { readonly name: string; readonly bytes: number }[];
  /** Time in which some task waited for memory; null where the kernel does not count it. */
  readonly memory_stall_us: number | null;
  readonly oom_kills: number;
  /** By data directory: time that the server's cgroup was throttled; null without a limit. */
  readonly throttled_us: Readonly<Record<string, number | null>>;
}
