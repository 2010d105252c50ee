/** Rows of `pebble executions`, as docs/json.md describes them: single requests, the slowest of each statement. */
import type { ExecutionResources, ExecutionRow, ExecutionStep } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { doerFields, doerKey } from './doer.ts';
import { eventOf } from './events.ts';
import { KEPT, type KernelExecution, type KernelStep, type SentExecution } from './executions.ts';
import { type Inner, innerFields } from './inner.ts';
import { PAGE_BYTES } from './records.ts';
import type { Doer } from './totals.ts';
import { microseconds, rowHead, type Window } from './window.ts';

/** One that ended, made into a row when somebody asks for it. */
export interface EndedExecution {
  readonly endMs: number;
  readonly latencyUs: number;
  /** Of the statement and who executes it. */
  readonly doerKey: string;
  row(): ExecutionRow;
}

/** The slowest first. */
export function endedExecutions(
  executions: readonly SentExecution[],
  identify: (slot: number) => Doer | undefined,
  window: Window,
  known: KnownOfExecutions,
): EndedExecution[] {
  const [wallMs, monotonic] = [Date.now(), Number(process.hrtime.bigint())];
  const done = executions.flatMap((sent): Done[] => {
    const doer = identify(sent.slot);
    return doer ? [{ sent, doer }] : [];
  });
  return slowest(done).map(({ sent, doer }) => {
    const endMs = wallMs - (monotonic - sent.ended) / 1e6;
    const row = (): ExecutionRow => toRow(sent.read(), doer, window, endMs, known);
    return { endMs, latencyUs: microseconds(sent.latency), doerKey: doerKey(doer), row };
  });
}

interface Done {
  readonly sent: SentExecution;
  readonly doer: Doer;
}

/** The kernel keeps them by text where the server gives no query ids: texts that differ in literals are one statement. */
function slowest(done: readonly Done[]): Done[] {
  const kept = new Map<string, number>();
  return [...done]
    .sort((a, b) => b.sent.latency - a.sent.latency)
    .filter(({ doer }) => {
      const before = kept.get(doerKey(doer)) ?? 0;
      kept.set(doerKey(doer), before + 1);
      return before < KEPT;
    });
}

const microsecondsOf = (ns: bigint): number => microseconds(Number(ns));

function toRow(
  execution: KernelExecution,
  doer: Doer,
  window: Window,
  endMs: number,
  known: KnownOfExecutions,
): ExecutionRow {
  const { latency, off_cpu, run_queue, before, after } = execution;
  const grown = (of: (usage: KernelExecution['after']) => bigint): number => Number(of(after) - of(before));
  return {
    ...rowHead(doer, window, execution.calls > 1 ? ['query'] : []),
    ...doerFields(doer),
    pid: execution.pid,
    started: rfc3339(endMs - Number(latency) / 1e6),
    latency_us: microsecondsOf(latency),
    on_cpu_us: microsecondsOf(latency - off_cpu - run_queue),
    off_cpu_us: microsecondsOf(off_cpu),
    run_queue_us: microsecondsOf(run_queue),
    calls: execution.calls,
    errors: execution.errors,
    shared_blks_hit: grown((usage) => usage.shared_hit),
    shared_blks_read: grown((usage) => usage.shared_read),
    shared_blks_dirtied: grown((usage) => usage.shared_dirtied),
    temp_blks_read: grown((usage) => usage.temp_read),
    temp_blks_written: grown((usage) => usage.temp_written),
    wal_bytes: grown((usage) => usage.wal.bytes),
    ...resourcesOf(execution, known),
    steps: execution.step.map((step) => stepOf(step, doer.cluster.major, known)),
    steps_lost: execution.lost,
  };
}

/** What is collected of executions besides times. */
export interface KnownOfExecutions {
  readonly resources: boolean;
  readonly memoryPeak: boolean;
  /** What was executed inside of a statement, by its id in inner.bt. */
  readonly innerOf: (id: bigint) => Inner | undefined;
}

function resourcesOf(execution: KernelExecution, known: KnownOfExecutions): ExecutionResources {
  const { resources: taken, memory, major_faults, temp_files_seen } = execution;
  const number = (value: bigint, isKnown = true): number | null => (known.resources && isKnown ? Number(value) : null);
  const files = temp_files_seen === 1;
  const high = memory > taken.memory_high ? memory : taken.memory_high;
  const grown = number(high - taken.memory, known.memoryPeak);
  return {
    rows: number(taken.rows),
    received_bytes: number(taken.received),
    sent_bytes: number(taken.sent),
    temp_files: number(taken.temp_files, files),
    temp_file_bytes: number(taken.temp_bytes, files),
    major_faults: number(major_faults - taken.major_faults),
    memory_grown_bytes: grown === null ? null : grown * PAGE_BYTES,
  };
}

/** By number in phases.bt. */
const PHASES = [null, 'prepare', 'execute', 'commit'] as const;

function stepOf(step: KernelStep, major: number, { innerOf }: KnownOfExecutions): ExecutionStep {
  const { at, ns, run_queue, event, count, blocker, phase, inner } = step;
  const wait = event === 0 ? undefined : eventOf(major, event);
  return {
    at_us: microsecondsOf(at),
    us: microsecondsOf(ns),
    run_queue_us: microsecondsOf(run_queue),
    wait_event_type: wait?.type ?? null,
    wait_event: wait?.event ?? null,
    count,
    blocker_pid: blocker === 0 ? null : blocker,
    phase: PHASES[phase] ?? null,
    ...innerFields(innerOf(inner)),
  };
}
