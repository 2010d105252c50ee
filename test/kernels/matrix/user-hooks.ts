/** Hooks in programs: uprobes, uretprobes and USDT probes, through perf and through uprobe_multi. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { call } from '../../../src/bpf/asm/index.ts';
import { Elf } from '../../../src/bpf/elf/index.ts';
import type { FeatureName } from '../../../src/bpf/features/index.ts';
import type { LinkSpec } from '../../../src/bpf/spec/index.ts';
import { countHits, PRIME } from './hits.ts';
import type { Row } from './row.ts';

const cookie = 0xc0ffee1234567890n;
const getCookie = [call('get_attach_cookie')];
const USDT_PROGRAM = join(import.meta.dirname, `../testdata/usdt.${process.arch}`);
/** Nobody calls some of them; `syscall` is called by `fire`. */
const SITES = ['syscall', 'hsearch_r', 'lfind', 'tdelete', 'fgetspent_r'];

interface Way {
  readonly name: string;
  readonly kind: 'kprobe' | 'uprobe_multi';
  readonly needs: readonly FeatureName[];
  readonly cookies: readonly FeatureName[];
}
const WAYS: readonly Way[] = [
  { name: 'perf', kind: 'kprobe', needs: ['uprobe'], cookies: ['perf_link', 'attach_cookie'] },
  { name: 'uprobe_multi', kind: 'uprobe_multi', needs: ['uprobe_multi'], cookies: ['attach_cookie'] },
];

function libc(): string {
  return /\S*\/libc[.-]\S*/.exec(readFileSync('/proc/self/maps', 'utf8'))![0];
}

type UprobeSpec = LinkSpec & { readonly kind: 'uprobe' };

function onSyscall(atReturn: boolean): UprobeSpec {
  return { kind: 'uprobe', program: 'count', at: { binary: libc(), symbol: 'syscall' }, atReturn, pid: process.pid };
}

function rowsOf({ name, kind, needs, cookies }: Way): Row[] {
  const through = (how: string) => {
    assert.equal(how === 'uprobe_multi', kind === 'uprobe_multi', `it went through ${how}`);
    return how;
  };
  return [
    ...[false, true].map((atReturn) => ({
      name: `${atReturn ? 'uretprobe' : 'uprobe'} through ${name}`,
      needs,
      run: async () => through(await countHits({ program: { kind }, link: onSyscall(atReturn) })),
    })),
    {
      name: `uprobe through ${name} with a cookie`,
      needs: [...needs, ...cookies],
      run: async () => {
        const link = { ...onSyscall(false), cookie };
        return through(await countHits({ program: { kind }, link, insns: getCookie, kept: cookie }));
      },
    },
    { name: `many uprobes through ${name}`, needs, run: async () => through(await countManySites(kind)) },
    { name: `USDT with its semaphore through ${name}`, needs, run: async () => through(await countUsdt(kind)) },
  ];
}

export const USER_HOOKS: readonly Row[] = [
  ...WAYS.flatMap(rowsOf),
  {
    name: 'uprobe of a program that may sleep',
    needs: ['uprobe_multi', 'sleepable'],
    run: () => countHits({ program: { kind: 'uprobe_multi', sleepable: true }, link: onSyscall(false) }),
  },
  {
    name: 'uprobe session',
    needs: ['uprobe_session'],
    run: () => countHits({ program: { kind: 'uprobe_session' }, link: onSyscall(false), expected: 2 * PRIME }),
  },
];

function countManySites(kind: Way['kind']): Promise<string> {
  const binary = libc();
  const elf = Elf.open(binary);
  const fileOffsets = SITES.map((name) => {
    const symbol = elf.symbolTables().flatMap((table) => table.find(name) ?? [])[0];
    assert.ok(symbol, `${binary} has no ${name}`);
    return BigInt(elf.fileOffset(symbol.address)!);
  });
  elf.close();
  const link = { kind: 'uprobe_multi', program: 'count', binary, fileOffsets, atReturn: false } as const;
  return countHits({ program: { kind }, link: { ...link, pid: process.pid } });
}

/** Another process than ours, started after attaching: the kernel raises its semaphore as it maps the program. */
async function countUsdt(kind: Way['kind']): Promise<string> {
  const run = () => spawnSync(USDT_PROGRAM, Array(PRIME - 1).fill('word')).status;
  assert.equal(run(), 0, 'the semaphore is not 0 at first');
  let semaphore: number | null = 0;
  const how = await countHits({
    program: { kind },
    link: { kind: 'usdt', program: 'count', binary: USDT_PROGRAM, provider: 'pebble', name: 'word' },
    fire: () => {
      semaphore = run();
    },
  });
  assert.equal(semaphore, 1, 'the semaphore was not raised');
  assert.equal(run(), 0, 'the semaphore stays raised');
  return how;
}
