/** Hooks in the kernel: tracepoints in their three forms, functions by patching and by breakpoints, iterators. */
import assert from 'node:assert/strict';
import {
  aluImm,
  aluReg,
  call,
  exit,
  type Instruction,
  jumpImm,
  load,
  loadImm64,
  store,
} from '../../../src/bpf/asm/index.ts';
import { findField, kernelBtf } from '../../../src/bpf/btf/index.ts';
import { attach, loadProgram } from '../../../src/bpf/index.ts';
import type { IterLink } from '../../../src/bpf/links/index.ts';
import { countHits, onlyPidfdOpen, PRIME, syscallFunction } from './hits.ts';
import type { Row } from './row.ts';

const cookie = 0xc0ffee1234567890n;
const getCookie = [call('get_attach_cookie')];
const program = 'count';
const symbol = syscallFunction('pidfd_open');

const tracepoint = { kind: 'tracepoint', program, category: 'syscalls', event: 'sys_enter_pidfd_open' } as const;
const kprobe = (atReturn: boolean) => ({ kind: 'kprobe', program, symbol, atReturn }) as const;
const kprobeMulti = (atReturn: boolean) =>
  ({ kind: 'kprobe_multi', program, symbols: [symbol, syscallFunction('fsmount')], atReturn }) as const;

export const KERNEL_HOOKS: readonly Row[] = [
  {
    name: 'tracepoint',
    needs: ['tracepoint'],
    run: () => countHits({ program: { kind: 'tracepoint' }, link: tracepoint }),
  },
  {
    name: 'tracepoint with a cookie',
    needs: ['tracepoint', 'perf_link', 'attach_cookie'],
    run: () =>
      countHits({ program: { kind: 'tracepoint' }, link: { ...tracepoint, cookie }, insns: getCookie, kept: cookie }),
  },
  {
    name: 'raw_tracepoint',
    needs: ['raw_tracepoint'],
    run: () =>
      countHits({
        program: { kind: 'raw_tracepoint' },
        link: { kind: 'raw_tracepoint', program, event: 'sys_enter' },
        insns: onlyPidfdOpen,
      }),
  },
  {
    name: 'tp_btf',
    needs: ['tp_btf'],
    run: () =>
      countHits({
        program: { kind: 'tp_btf', attachTo: 'sys_enter' },
        link: { kind: 'tracing', program },
        insns: onlyPidfdOpen,
      }),
  },
  ...(['fentry', 'fexit'] as const).map(
    (kind): Row => ({
      name: kind,
      needs: ['fentry'],
      run: () => countHits({ program: { kind, attachTo: symbol }, link: { kind: 'tracing', program } }),
    }),
  ),
  ...[false, true].map(
    (atReturn): Row => ({
      name: atReturn ? 'kretprobe' : 'kprobe',
      needs: ['kprobe'],
      run: () => countHits({ program: { kind: 'kprobe' }, link: kprobe(atReturn) }),
    }),
  ),
  {
    name: 'kprobe with a cookie',
    needs: ['kprobe', 'perf_link', 'attach_cookie'],
    run: () =>
      countHits({ program: { kind: 'kprobe' }, link: { ...kprobe(false), cookie }, insns: getCookie, kept: cookie }),
  },
  ...[false, true].map(
    (atReturn): Row => ({
      name: `${atReturn ? 'kretprobe' : 'kprobe'} through kprobe_multi`,
      needs: ['kprobe_multi'],
      run: async () => {
        const how = await countHits({ program: { kind: 'kprobe_multi' }, link: kprobeMulti(atReturn) });
        assert.equal(how, 'kprobe_multi');
        return how;
      },
    }),
  ),
  {
    name: 'kprobe session',
    needs: ['kprobe_session'],
    run: () => countHits({ program: { kind: 'kprobe_session' }, link: kprobeMulti(false), expected: 2 * PRIME }),
  },
  { name: 'iterator over tasks', needs: ['task_iterator'], run: iterateTasks },
];

/** Writes the process id of every task. */
async function iterateTasks(): Promise<void> {
  const offset = findField(kernelBtf(), kernelBtf().find('task_struct', 'struct')!, 'tgid')!.offsetBits / 8;
  const insns: Instruction[] = [
    load('u64', 6, 1, 0),
    load('u64', 7, 1, 8),
    jumpImm('eq', 7, 0, 8),
    load('u64', 1, 6, 0),
    load('u32', 3, 7, offset),
    store('u32', 10, -4, 3),
    loadImm64(3, 4n),
    aluReg('mov', 2, 10),
    aluImm('add', 2, -4),
    call('seq_write'),
    aluImm('mov', 0, 0),
    exit(),
  ];
  const functions = [{ name: 'tasks', parameters: 1, insns }];
  const tasks = await loadProgram({ name: 'tasks', kind: 'iter', attachTo: 'task', license: 'GPL', functions });
  const link = (await attach({ kind: 'iter', program: 'tasks' }, tasks)) as IterLink;
  const bytes = link.read();
  link.close();
  tasks.close();
  const pids = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
  assert.ok(pids.includes(process.pid) && pids.includes(process.ppid), `${pids.length} tasks, without this process`);
}
