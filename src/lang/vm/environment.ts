/** The world that programs in the VM see: clock, task, CPU, foreign memory. Everything is fixed unless a test says so. */

export interface Environment {
  /** Nanoseconds; advances by `tick` at each reading. */
  now: bigint;
  readonly tick: bigint;
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  readonly cpu: number;
  readonly cgroup: bigint;
  /** Address of the current task_struct. */
  task: bigint;
  /** And of its registers in user mode. */
  registers: bigint;
  readonly cookie: bigint;
  /** State of get_prandom_u32. */
  random: number;
  /** Addresses of kernel variables. */
  readonly symbols: ReadonlyMap<string, bigint>;
}

export function environment(overrides: Partial<Environment> = {}): Environment {
  return {
    now: 1_000_000_000n,
    tick: 1000n,
    pid: 1000,
    tid: 1001,
    uid: 0,
    gid: 0,
    comm: 'vm',
    cpu: 0,
    cgroup: 1n,
    task: 0n,
    registers: 0n,
    cookie: 0n,
    random: 1,
    symbols: new Map(),
    ...overrides,
  };
}
