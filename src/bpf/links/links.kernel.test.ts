/** Every kind of hook that this kernel has: attached, hit a known number of times, counted. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { allocate, syscall } from '../../native/index.ts';
import {
  aluImm,
  aluReg,
  call,
  exit,
  type Instruction,
  jumpImm,
  load,
  loadImm64,
  loadReference,
  store,
} from '../asm/index.ts';
import { findField, kernelBtf } from '../btf/index.ts';
import { Elf, type UsdtSite, usdtSites } from '../elf/index.ts';
import { hasFeature } from '../features/index.ts';
import { loadProgram } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { kernelVersion, packVersion, possibleCpus } from '../sys/index.ts';
import { type Counter, loadCounter } from '../testing/counter.ts';
import { lacking } from '../testing/needs.ts';
import { attach, type IterLink } from './index.ts';
import { multiRisks, returnRisks } from './uprobe-risks.ts';

const PRIME = 211;
const libc = /\S*\/libc[.-]\S*/.exec(readFileSync('/proc/self/maps', 'utf8'))![0];
const cookie = 0xc0ffee1234567890n;
const getCookie = [call('get_attach_cookie')];

/** `syscall(3)` is called so often by this process. */
function callSyscall(times: number): void {
  for (let i = 0; i < times; i++) syscall('close', -1);
}

type UprobeSpec = LinkSpec & { readonly kind: 'uprobe' };
const onSyscall = (more: Partial<UprobeSpec> = {}): UprobeSpec => ({
  kind: 'uprobe',
  program: 'count',
  at: { binary: libc, symbol: 'syscall' },
  atReturn: false,
  pid: process.pid,
  ...more,
});

function placeOf(symbol: string): bigint {
  const elf = Elf.open(libc);
  try {
    const table = elf.symbolTables().find((each) => each.find(symbol))!;
    return BigInt(elf.fileOffset(table.find(symbol)!.address)!);
  } finally {
    elf.close();
  }
}

/** Hits of the link while `body` runs. */
async function hits(counter: Counter, spec: LinkSpec, body: () => void) {
  const link = await attach(spec, counter.program);
  const before = counter.count();
  body();
  const counted = Number(counter.count() - before);
  link.close();
  return { counted, link };
}

test('tracepoint, with a cookie', { skip: await lacking('perf_link') }, async () => {
  using counter = await loadCounter({ kind: 'tracepoint' }, getCookie);
  const spec = {
    kind: 'tracepoint',
    program: 'count',
    category: 'syscalls',
    event: 'sys_enter_statx',
    cookie,
  } as const;
  const { counted, link } = await hits(counter, spec, () => {
    for (let i = 0; i < PRIME; i++) statSync('/');
  });
  assert.ok(counted >= PRIME);
  assert.equal(link.strategy, 'perf_link');
  assert.equal(counter.kept(), cookie);
});

test('more programs on one tracepoint than the kernel runs', async () => {
  using open = new DisposableStack();
  const attachOne = async () => {
    const { program } = open.use(await loadCounter({ kind: 'tracepoint' }));
    const event = { category: 'syscalls', event: 'sys_enter_swapoff' };
    const link = await attach({ kind: 'tracepoint', program: 'count', ...event }, program);
    open.defer(() => link.close());
  };
  for (let i = 0; i < 64; i++) await attachOne();
  await assert.rejects(attachOne(), {
    message: 'attaching tracepoint:syscalls:sys_enter_swapoff: argument list too long (E2BIG)',
    hint: 'the kernel runs at most 64 programs on one event: put several bodies into one probe, or end other tracers',
  });
});

test('raw_tracepoint and tp_btf', async () => {
  for (const [kind, spec] of [
    ['raw_tracepoint', { kind: 'raw_tracepoint', program: 'count', event: 'sys_enter' }],
    ['tp_btf', { kind: 'tracing', program: 'count' }],
  ] as const) {
    using counter = await loadCounter({ kind, attachTo: 'sys_enter' });
    const { counted } = await hits(counter, spec, () => callSyscall(PRIME));
    assert.ok(counted >= PRIME, `${kind}: ${counted}`);
  }
});

test('a hook that does not exist is named', async () => {
  using raw = await loadCounter({ kind: 'raw_tracepoint' });
  await assert.rejects(attach({ kind: 'raw_tracepoint', program: 'count', event: 'no_such' }, raw.program), {
    message: 'attaching raw_tracepoint:no_such: no such file or directory (ENOENT)',
  });
  await assert.rejects(loadCounter({ kind: 'tp_btf', attachTo: 'no_such' }), {
    code: 'no-target',
    message: "attaching tp_btf:no_such: this kernel's BTF has no typedef btf_trace_no_such",
  });
});

for (const kind of ['kprobe', 'uprobe_multi'] as const) {
  const strategy = kind === 'kprobe' ? 'perf_link' : 'uprobe_multi';
  const skip = await lacking(strategy);
  for (const atReturn of [false, true]) {
    test(`${atReturn ? 'uretprobe' : 'uprobe'} by ${strategy}, of one process, with a cookie`, { skip }, async () => {
      using counter = await loadCounter({ kind }, getCookie);
      const { counted, link } = await hits(counter, onSyscall({ atReturn, cookie }), () => callSyscall(PRIME));
      assert.equal(counted, PRIME);
      assert.equal(link.strategy, strategy);
      assert.equal(counter.kept(), cookie);
    });
  }
}

test('a uprobe may sleep', { skip: await lacking('sleepable') }, async () => {
  using counter = await loadCounter({ kind: 'uprobe_multi', sleepable: true });
  const { counted } = await hits(counter, onSyscall(), () => callSyscall(PRIME));
  assert.equal(counted, PRIME);
});

test('a uprobe at another process is not hit by this one', async () => {
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const { counted } = await hits(counter, onSyscall({ pid: 1 }), () => callSyscall(PRIME));
  assert.equal(counted, 0);
});

test('a session runs at entry and return', { skip: await lacking('uprobe_session') }, async () => {
  using counter = await loadCounter({ kind: 'uprobe_session' });
  const { counted } = await hits(counter, onSyscall(), () => callSyscall(PRIME));
  assert.equal(counted, 2 * PRIME);
});

test('uprobes without links or uprobe_multi are attached by perf events', async () => {
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const { counted, link } = await hits(counter, onSyscall(), () => callSyscall(PRIME));
  assert.equal(counted, PRIME);
  const expected = (await hasFeature('uprobe_multi'))
    ? 'uprobe_multi'
    : (await hasFeature('perf_link'))
      ? 'perf_link'
      : 'ioctl';
  assert.equal(link.strategy, expected);
});

test('each place has its own cookie, also one that is given twice', { skip: await lacking('perf_link') }, async () => {
  const kept = { kind: 'mapValue', map: 'counter', offset: 8 } as const;
  const sum = [call('get_attach_cookie'), loadReference(1, kept), load('u64', 2, 1, 0), aluReg('add', 0, 2)];
  for (const [kind, strategy] of [
    ['kprobe', 'perf_link'],
    ['uprobe_multi', (await hasFeature('uprobe_multi')) ? 'uprobe_multi' : 'perf_link'],
  ] as const) {
    using counter = await loadCounter({ kind }, sum);
    const fileOffsets = [placeOf('syscall'), placeOf('syscall')];
    const spec = { kind: 'uprobe_multi', program: 'count', binary: libc, fileOffsets, atReturn: false } as const;
    const both = { ...spec, cookies: [7n, 9n], pid: process.pid };
    let cookies = 0n;
    const { counted, link } = await hits(counter, both, () => {
      // Attaching the second place calls the first.
      cookies -= counter.kept();
      callSyscall(PRIME);
      cookies += counter.kept();
    });
    assert.deepEqual([link.strategy, counted, cookies], [strategy, 2 * PRIME, BigInt(PRIME * (7 + 9))]);
  }
});

test('kprobes and fentry count calls of the kernel', { skip: await lacking('kprobe') }, async () => {
  for (const kind of ['kprobe', 'kprobe_multi'] as const) {
    for (const atReturn of [false, true]) {
      using counter = await loadCounter({ kind });
      const spec = { kind: 'kprobe', program: 'count', symbol: 'vfs_statx', atReturn } as const;
      const { counted } = await hits(counter, spec, () => {
        for (let i = 0; i < PRIME; i++) statSync('/');
      });
      assert.ok(counted >= PRIME && counted < 2 * PRIME, `${kind} ${atReturn}: ${counted}`);
    }
  }
  for (const kind of ['fentry', 'fexit'] as const) {
    using counter = await loadCounter({ kind, attachTo: 'vfs_statx' });
    const { counted } = await hits(counter, { kind: 'tracing', program: 'count' }, () => {
      for (let i = 0; i < PRIME; i++) statSync('/');
    });
    assert.ok(counted >= PRIME && counted < 2 * PRIME, `${kind}: ${counted}`);
  }
});

const isOld = kernelVersion() < packVersion('6.7') && 'kernels count them since 6.7';
const uncounted = (await lacking('kprobe')) || isOld;

/** Kernels keep ten returns at a time for a function, or two a CPU: kernel/kprobes.c, register_kretprobe. */
test('calls that find no room for their return are counted', { skip: uncounted }, async () => {
  using counter = await loadCounter({ kind: 'kprobe' });
  const spec = { kind: 'kprobe', program: 'count', symbol: 'hrtimer_nanosleep', atReturn: true } as const;
  const link = await attach(spec, counter.program);
  const sleepers = 2 * possibleCpus() + PRIME;
  execFileSync('sh', ['-c', `for i in $(seq ${sleepers}); do sleep 3 & done; wait`]);
  const [seen, missed] = [Number(counter.count()), link.missed()];
  link.close();
  assert.ok(missed > 0 && seen > 0, `${seen} seen, ${missed} missed`);
  // Others sleep, too.
  assert.ok(seen + missed >= sleepers && seen + missed < 2 * sleepers, `${seen} seen, ${missed} missed of ${sleepers}`);
});

test('uprobe_multi takes many places at once', async () => {
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const fileOffsets = ['syscall', 'getpid', 'malloc', 'free', 'qsort'].map(placeOf);
  const spec = { kind: 'uprobe_multi', program: 'count', binary: libc, fileOffsets, atReturn: false } as const;
  const { counted } = await hits(counter, { ...spec, pid: process.pid }, () => callSyscall(PRIME));
  assert.ok(counted >= PRIME);
});

test('a symbol that is not there is named', async () => {
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  await assert.rejects(attach(onSyscall({ at: { binary: libc, symbol: 'nope' } }), counter.program), {
    code: 'no-target',
    message: `attaching uprobe:${libc}:nope: ${libc} has no symbol nope`,
  });
});

/** A probe with a semaphore, hit `argv[1]` times when the semaphore is up; prints the semaphore. */
const USDT_SOURCE = `
#include <stdio.h>
#include <stdlib.h>
__attribute__((section(".probes"), used)) volatile unsigned short demo_semaphore;
int main(int argc, char **argv) {
  (void)argc;
  printf("%d\\n", demo_semaphore);
  for (int i = 0, n = atoi(argv[1]); i < n; i++) {
    __asm__ volatile("990: nop\\n"
      ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n .balign 4\\n .4byte 992f-991f, 994f-993f, 3\\n"
      "991: .asciz \\"stapsdt\\"\\n992: .balign 4\\n"
      "993: .8byte 990b\\n .8byte _.stapsdt.base\\n .8byte demo_semaphore\\n"
      ".asciz \\"pebble\\"\\n .asciz \\"demo\\"\\n .asciz \\"-4@%0\\"\\n994: .balign 4\\n .popsection\\n"
      ".ifndef _.stapsdt.base\\n .pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n"
      ".weak _.stapsdt.base\\n .hidden _.stapsdt.base\\n_.stapsdt.base: .space 1\\n .popsection\\n.endif\\n"
      : : "r"(i));
  }
  return 0;
}`;

/** Path of the compiled source; its directory goes with the test. */
function compiled(t: TestContext, source: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-links-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const binary = join(directory, 'demo');
  writeFileSync(`${binary}.c`, source);
  execFileSync('cc', ['-O1', '-o', binary, `${binary}.c`]);
  return binary;
}
const noCompiler = spawnSync('cc', ['--version']).error ? 'no C compiler' : false;
const demo = (binary: string) =>
  ({ kind: 'usdt', program: 'count', binary, provider: 'pebble', name: 'demo' }) as const;

test('usdt, with its semaphore, by both ways', { skip: noCompiler }, async (t) => {
  const binary = compiled(t, USDT_SOURCE);
  const run = () => execFileSync(binary, [`${PRIME}`], { encoding: 'utf8' }).trim();
  assert.equal(run(), '0');
  for (const kind of ['kprobe', 'uprobe_multi'] as const) {
    using counter = await loadCounter({ kind });
    let semaphore = '';
    const { counted } = await hits(counter, demo(binary), () => {
      semaphore = run();
    });
    assert.equal(counted, PRIME);
    assert.equal(semaphore, '1');
    await assert.rejects(attach({ ...demo(binary), name: 'other' }, counter.program), { code: 'no-target' });
  }
});

test('a site that another tracer holds without its semaphore: the reason is named', { skip: noCompiler }, async (t) => {
  const binary = compiled(t, USDT_SOURCE);
  const elf = Elf.open(binary);
  const [{ fileOffset }] = usdtSites(elf) as [UsdtSite];
  elf.close();
  for (const kind of ['kprobe', 'uprobe_multi'] as const) {
    using counter = await loadCounter({ kind });
    const other = await attach(
      { kind: 'uprobe', program: 'count', at: { binary, fileOffset: BigInt(fileOffset) }, atReturn: false },
      counter.program,
    );
    await assert.rejects(attach(demo(binary), counter.program), { hint: /another tracer may hold this site/ });
    other.close();
    (await attach(demo(binary), counter.program)).close();
  }
});

test('more uprobes than could be detached in time are refused where each is an event', async () => {
  using counter = await loadCounter({ kind: 'kprobe' });
  const fileOffsets = Array.from({ length: 201 }, (_, i) => BigInt(i));
  const spec = { kind: 'uprobe_multi', program: 'count', binary: libc, fileOffsets, atReturn: false } as const;
  await assert.rejects(attach(spec, counter.program), { what: /more than 200 sites would take minutes to detach/ });
});

/** Calls `work` when it is told to, under a filter that kills for the system call through which probed functions return. */
const FILTERED_SOURCE = `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
__attribute__((noinline)) int work(int x) { __asm__ volatile(""); return x + 1; }
int main(void) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 335, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
  struct sock_fprog filter = { 4, code };
  int sum = 0;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) return 2;
  puts("ready"); fflush(stdout);
  getchar();
  for (int i = 0; i < ${PRIME}; i++) sum = work(sum);
  printf("%d\\n", sum);
  return 0;
}`;

test('a process with a seccomp filter: warned of where uretprobes kill it, alive where not', {
  skip: noCompiler,
}, async (t) => {
  const binary = compiled(t, FILTERED_SOURCE);
  const child = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
  const sites = { binary, atReturn: true };
  const versions = ['6.10.9', '6.11.0', '6.12.12', '6.12.13', '6.13.1', '6.13.2', '6.14.0'];
  for (const which of [sites, { ...sites, pid: child.pid! }]) {
    const risky = versions.filter((version) => returnRisks(which, packVersion(version)).length > 0);
    assert.deepEqual(risky, process.arch === 'x64' ? ['6.11.0', '6.12.12', '6.13.1'] : []);
  }
  assert.deepEqual(returnRisks({ ...sites, pid: process.pid }, packVersion('6.11')), []);
  if (returnRisks(sites).length > 0) return;
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const spec = { kind: 'uprobe', program: 'count', at: { binary, symbol: 'work' }, atReturn: true } as const;
  const link = await attach(spec, counter.program);
  child.stdin.end('\n');
  const [output] = await once(child.stdout, 'data');
  assert.equal(`${output}`.trim(), `${PRIME}`);
  assert.equal(counter.count(), BigInt(PRIME));
  link.close();
});

test('where uprobe_multi sees only one thread of a process, that is told', () => {
  const sites = { binary: libc, atReturn: false };
  assert.match(multiRisks({ ...sites, pid: 7 }, packVersion('6.9.1'))[0]!, /only the first thread of process 7/);
  assert.deepEqual(multiRisks({ ...sites, pid: 7 }, packVersion('6.10.0')), []);
  assert.deepEqual(multiRisks(sites, packVersion('6.6.0')), []);
});

test('samples of the CPU clock', async () => {
  using counter = await loadCounter({ kind: 'perf_event' });
  const PERF_TYPE_SOFTWARE = 1;
  const spec = { kind: 'perf_event', program: 'count', type: PERF_TYPE_SOFTWARE, config: 0n, frequency: 999 } as const;
  // The event counts while the thread has a CPU; other work of the machine must not change the result.
  const onCpuUs = () => process.threadCpuUsage().user + process.threadCpuUsage().system;
  const { counted } = await hits(counter, { ...spec, pid: process.pid }, () => {
    for (const end = onCpuUs() + 200_000; onCpuUs() < end; );
  });
  // An emulated clock ticks late, and then too often.
  assert.ok(counted > 10 && counted < 600, `${counted} samples in 200 ms at 999 Hz`);
});

test('a watchpoint counts writes to an address', async (t) => {
  using counter = await loadCounter({ kind: 'perf_event' });
  const block = allocate(64);
  const spec = { kind: 'watchpoint', program: 'count', address: BigInt(block.address), length: 1, mode: 'w' } as const;
  const { counted } = await hits(counter, { ...spec, pid: process.pid }, () => {
    for (let i = 0; i < PRIME; i++) block.view.setUint8(0, i);
  });
  if (counted === 0) return t.skip('the debug registers of this virtual machine do nothing');
  assert.equal(counted, PRIME);
});

test('iterators run when they are read', async () => {
  const pidOffset = findField(kernelBtf(), kernelBtf().find('task_struct', 'struct')!, 'tgid')!;
  const insns: Instruction[] = [
    load('u64', 6, 1, 0),
    load('u64', 7, 1, 8),
    jumpImm('eq', 7, 0, 8),
    load('u64', 1, 6, 0),
    load('u32', 3, 7, pidOffset.offsetBits / 8),
    store('u32', 10, -4, 3),
    loadImm64(3, 4n),
    aluReg('mov', 2, 10),
    aluImm('add', 2, -4),
    call('seq_write'),
    aluImm('mov', 0, 0),
    exit(),
  ];
  const functions = [{ name: 'tasks', parameters: 1, insns }];
  const program = await loadProgram({ name: 'tasks', kind: 'iter', attachTo: 'task', license: 'GPL', functions });
  const link = (await attach({ kind: 'iter', program: 'tasks' }, program)) as IterLink;
  const bytes = link.read();
  const pids = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4));
  assert.ok(pids.includes(process.pid));
  assert.ok(pids.includes(process.ppid));
  link.close();
  program.close();
});

test('what this kernel cannot do is refused in words', async () => {
  using counter = await loadCounter({ kind: 'kprobe' });
  const spec = { kind: 'kprobe', program: 'count', symbol: 'vfs_read', atReturn: false } as const;
  await attach(spec, counter.program).then(
    (link) => link.close(),
    (error) => assert.match(error.message, /^attaching kprobe:vfs_read: this kernel has no kprobes/),
  );
  await loadCounter({ kind: 'fentry', attachTo: 'vfs_read' }).then(
    (entry) => entry[Symbol.dispose](),
    (error) => assert.match(error.hint, /cannot patch its functions/),
  );
});
