/** What watching costs, and what was given up to stay within the budget: of the agent's status and of the HTTP API. */

export interface ProgramCost {
  /** Where in the kernel it runs. */
  readonly hook: string;
  readonly runs: number;
  readonly run_us: number;
}

export interface Overhead {
  /** RFC 3339, the end of the window. */
  readonly at: string;
  readonly window_us: number;
  readonly cpus: number;
  /** Null where the kernel does not count (before Linux 5.8). */
  readonly bpf_us: number | null;
  readonly agent_us: number;
  /** Both together, of all CPUs' time in the window. */
  readonly cpu_share: number;
  /** Of the same; null: no limit. */
  readonly budget: number | null;
  readonly bpf_memory_bytes: number;
  readonly agent_memory_bytes: number;
  /** Events lost in the window. */
  readonly dropped: number;
  /** Signals that are collected now. */
  readonly signals: readonly string[];
  /** Those given up for the budget, the last one first. */
  readonly given_up: readonly string[];
  readonly programs: readonly ProgramCost[];
}
