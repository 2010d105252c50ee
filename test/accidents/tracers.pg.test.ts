/** Other tracers on the very hooks and probes that Pebble has: each counts everything, whoever ends first. The long form only. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Running, UNABLE, until } from '../cli/pebble.ts';
import { assertNoCrash, callsOf, endWatching, LONG, select, startWatching } from './accident.ts';

const BPFTRACE = '/usr/bin/bpftrace';
/** Debian's, which BCC's modules are for. */
const PYTHON = '/usr/bin/python3';
/** BCC compiles with a kernel's headers; of those that this program needs any kernel's will do. */
const HEADERS = process.env.PEBBLE_KERNEL_HEADERS ?? '/usr/src';
const [COMMON] = globSync(join(HEADERS, 'linux-headers-*-common'));
const BUILD = globSync(join(HEADERS, 'linux-headers-*-amd64')).at(0) ?? COMMON;

/** $1 headers, $2 their common part, $3 … the command: with them where BCC looks, and debugfs, where both look. */
const IN_PLACE = `
  mount -t debugfs nodev /sys/kernel/debug
  mount --bind "$1" /usr/src
  mkdir -p /lib/modules && mount -t tmpfs pebble-test /lib/modules && mkdir "/lib/modules/$(uname -r)"
  ln -s "/usr/src/$2" "/lib/modules/$(uname -r)/build" && ln -s "/usr/src/$3" "/lib/modules/$(uname -r)/source"
  shift 3 && exec "$@"`;

/** What bpftrace says when it is asked to, and so do we. */
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
const env = { ...process.env, [ATTACHED]: '1' };

const BCC = `
import sys
from bcc import BPF
program = BPF(text='''BPF_ARRAY(hits, u64, 2);
int on_parse(void *ctx) { int at = 0; hits.atomic_increment(at); return 0; }
RAW_TRACEPOINT_PROBE(sched_switch) { int at = 1; hits.atomic_increment(at); return 0; }''')
program.attach_uprobe(name=sys.argv[1], sym='pg_parse_query', fn_name='on_parse')
print('${ATTACHED}', flush=True)
sys.stdin.readline()
print('@parsed:', program['hits'][0].value)
print('@switched:', program['hits'][1].value, flush=True)`;

function noBcc(): string | false {
  if (spawnSync(PYTHON, ['-c', 'import bcc']).status !== 0) return 'python3-bpfcc is not installed';
  return COMMON === undefined && `no kernel headers in ${HEADERS} (linux-headers-*-common; PEBBLE_KERNEL_HEADERS)`;
}

describe('other tracers on the same hooks', { skip: UNABLE || (!LONG && 'a part of npm run accidents') }, () => {
  let cluster: Cluster;
  let program: string;
  const others: (ChildProcess | Running)[] = [];
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    program = join(cluster.binDir, 'postgres');
    // A file of its own: probes are on a file, and the one that is installed is that of every cluster here.
    copyFileSync(program, `${program}.new`);
    renameSync(`${program}.new`, program);
    await cluster.restart();
  });
  after(async () => {
    for (const other of others) 'kill' in other ? other.kill('SIGKILL') : other.signal('SIGKILL');
    await cluster?.stop();
  });

  const SWITCHES = 'tracepoint:sched:sched_switch { @switched = count(); }';
  const parses = (): string => `uprobe:${program}:pg_parse_query { @parsed = count(); }`;

  const TRACERS = [
    {
      name: 'bpftrace',
      missing: !existsSync(BPFTRACE) && 'bpftrace is not installed',
      command: () => [BPFTRACE, '-e', `${SWITCHES} ${parses()}`],
      script: () => `${SWITCHES} ${parses()}`,
    },
    {
      name: 'bcc',
      missing: noBcc(),
      command: () => [PYTHON, '-c', BCC, program],
      // BCC 0.26 asks for a semaphore of its uprobes at offset 6, and the kernel then takes no other one at that instruction.
      script: () => `${SWITCHES} BEGIN { @parsed = count(); }`,
    },
  ];
  for (const { name, missing, command, script } of TRACERS) {
    test(name, { skip: missing }, async () => {
      const place = [HEADERS, ...[BUILD, COMMON].map((path) => path?.split('/').at(-1) ?? 'none'), ...command()];
      const other = spawn('unshare', ['-m', 'sh', '-c', IN_PLACE, 'sh', ...place], { env });
      others.push(other);
      let said = '';
      for (const stream of [other.stdout, other.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
      const ended = new Promise((resolve) => other.once('close', resolve));
      await until(`${name} is attached`, () => said.includes(ATTACHED) || other.exitCode !== null);
      const ours = new Running(['trace', '-e', script()], env);
      others.push(ours);
      await ours.until('ours is attached', () => ours.stdout.includes(ATTACHED));
      const run = await startWatching(cluster);
      others.push(run);
      await select(cluster, `beside_${name}`, 139);
      // It ends first, and takes nothing away with it.
      other.stdin.end('\n');
      const asking = name === 'bpftrace' && setInterval(() => other.kill('SIGINT'), 2000);
      await ended;
      if (asking) clearInterval(asking);
      await select(cluster, `beside_${name}`, 149);
      ours.signal('SIGINT');
      const { stdout } = await ours.ended;
      assert.equal(callsOf(await endWatching(run), `beside_${name}`), 139 + 149);
      // The table is made once, and asked for once more.
      assert.equal(countOf(said, 'parsed'), 139 + 1, said);
      assert.equal(countOf(stdout, 'parsed'), name === 'bcc' ? 1 : 139 + 149 + 2, stdout);
      assert.ok(countOf(said, 'switched') > 0 && countOf(stdout, 'switched') > 0);
    });
  }

  test('after all of this PostgreSQL is unharmed', () => assertNoCrash(cluster));
});

const countOf = (text: string, name: string): number => Number(new RegExp(`^@${name}: (\\d+)`, 'm').exec(text)?.[1]);
