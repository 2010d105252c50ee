/** Walking copied stacks of a PostgreSQL backend at work: nanoseconds a frame, cold and warm, and what copying costs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingBuffer } from '../src/bpf/ring/index.ts';
import { stackSample, Unwinder } from '../src/bpf/unwind/index.ts';
import { ARCH, attachSampler } from '../src/bpf/unwind/testing/samples.ts';
import { startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { upperMedianOf } from './statistics.ts';

const SAMPLES = 1000;
const ROUNDS = 20;
/** Nanoseconds a frame, warm. */
const BAR = 3000;
const BPF_STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';
const LOAD = 'SELECT count(*) FROM (SELECT md5(i::text) AS h FROM generate_series(1, 100000) i ORDER BY h) AS s';

const { offsets } = stackSample(ARCH);

/** Copies of what the program recorded, and the nanoseconds that a run of it took. */
async function record(session: Connection): Promise<{ events: DataView[]; program: number }> {
  using collection = await attachSampler(session.backendPid);
  const ring = new RingBuffer(collection.map('stack_samples'));
  const events: DataView[] = [];
  while (events.length < SAMPLES) {
    await session.query(LOAD);
    await sleep(1);
    ring.poll((view, at, length) => {
      const copy = new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
      events.push(new DataView(copy.buffer));
    });
  }
  ring.close();
  const info = readFileSync(`/proc/self/fdinfo/${collection.program('stack_sampler').fd}`, 'utf8');
  const number = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(info)![1]);
  return { events, program: number('run_time_ns') / number('run_cnt') };
}

interface Round {
  readonly nanoseconds: number;
  readonly frames: number;
  readonly roots: number;
}

function walkAll(unwinder: Unwinder, events: readonly DataView[]): Round {
  let frames = 0;
  let roots = 0;
  const start = process.hrtime.bigint();
  for (const event of events) {
    const pid = event.getUint32(offsets.pid, true);
    const copied = event.getUint32(offsets.stack_bytes, true);
    const reason = unwinder.unwind(pid, event, offsets.registers, offsets.stack, copied);
    frames += unwinder.count;
    if (reason === 'root') roots++;
  }
  return { nanoseconds: Number(process.hrtime.bigint() - start), frames, roots };
}

const statistics = readFileSync(BPF_STATISTICS, 'utf8');
const cluster = await startCluster({ flavour: 'embedded' });
try {
  const session = await Connection.open(cluster);
  writeFileSync(BPF_STATISTICS, '1');
  const { events, program } = await record(session);
  const unwinder = new Unwinder(ARCH);
  const cold = walkAll(unwinder, events);
  const rounds = Array.from({ length: ROUNDS }, () => walkAll(unwinder, events));
  const warm = upperMedianOf(rounds.map(({ nanoseconds, frames }) => nanoseconds / frames));
  const line = (name: string, value: string) => console.log(`${name.padEnd(28)}${value.padStart(10)}`);
  line('samples', `${events.length}`);
  line('frames a sample', (cold.frames / events.length).toFixed(1));
  line('reach the root, %', ((100 * cold.roots) / events.length).toFixed(1));
  line('cold, ns a frame', (cold.nanoseconds / cold.frames).toFixed(0));
  line('warm, ns a frame', `${warm.toFixed(0)}   bar ${BAR}`);
  line('tables, MB', (unwinder.tables.bytes / 2 ** 20).toFixed(2));
  line('copying, ns a sample', program.toFixed(0));
  process.exitCode = warm <= BAR ? 0 : 1;
  await session.close();
} finally {
  writeFileSync(BPF_STATISTICS, statistics);
  await cluster.stop();
}
