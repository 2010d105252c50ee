/** Installing without fear: what the agent would do, an agent that ends by itself, one with few privileges, and removal with proof. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ReportRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { assertFreed, kernelObjectsOf, pebble, Running, UNABLE } from '../cli/pebble.ts';

const KINDS = ['link', 'program', 'map'];
/** CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYSLOG, CAP_PERFMON, CAP_BPF: docs/security.md. */
const FIVE = [2, 19, 34, 38, 39].reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);

describe('an agent that one need not fear', { skip: UNABLE }, () => {
  const folder = mkdtempSync('/tmp/pebble-careful-');
  let cluster: Cluster;
  let agent: Running | undefined;
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
  });
  after(async () => {
    agent?.signal('SIGKILL');
    await cluster?.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(...options: string[]): Promise<Running> {
    // Of a test that failed.
    agent?.signal('SIGKILL');
    agent = new Running(['agent', '--pgdata', cluster.pgdata, '--listen', '127.0.0.1:0', ...options]);
    await agent.until('it serves', () => /token=/.test(agent!.stdout));
    return agent;
  }

  test('--dry-run lists what an agent then has, and attaches nothing', async () => {
    const { status, stdout, stderr } = pebble('agent', '--dry-run', '--json', '--pgdata', cluster.pgdata);
    assert.equal(status, 0, stderr);
    const rows = parse(stdout);
    const running = await start('--store', 'none');
    const held = kernelObjectsOf(running.pid);
    const count = (kind: string): number =>
      new Set(held.filter((object) => object.kind === kind).map(({ id }) => id)).size;
    assert.equal(rows.filter(({ kind }) => kind === 'program').length, count('program'));
    assert.equal(rows.filter(({ kind }) => kind === 'map').length, count('map'));
    assert.deepEqual(
      rows.filter(({ kind }) => kind === 'cluster').map(({ pgdata, refused }) => ({ pgdata, refused })),
      [{ pgdata: cluster.pgdata, refused: null }],
    );
    const cost = rows.find(({ kind }) => kind === 'cost')!;
    assert.ok(Number(cost.cpu_share) > 0 && Number(cost.cpu_share) < 1, JSON.stringify(cost));
    running.signal('SIGTERM');
    await running.ended;
    assert.match(pebble('agent', '--dry-run', '--pgdata', cluster.pgdata).stdout, /nothing is attached/);
  });

  test('--for ends by itself, and nothing of it is left', async () => {
    const running = await start('--store', 'none', '--for', '3s');
    const objects = kernelObjectsOf(running.pid);
    assert.ok(objects.some(({ kind }) => kind === 'link'));
    assert.equal((await running.ended).status, 0);
    await assertFreed(objects);
    assert.equal(pebble('agent', '--for', '60d').status, 2);
  });

  test('drop_privileges: five capabilities in every thread, and every request counted', async () => {
    const config = join(folder, 'agent.conf');
    writeFileSync(config, 'drop_privileges = yes\nflush_interval = 1s\n');
    const store = `sqlite:${join(folder, 'history.db')}`;
    const running = await start('--config', config, '--store', store);
    const masks = readdirSync(`/proc/${running.pid}/task`).map((task) => capabilitiesOf(running.pid, task));
    assert.ok(masks.length > 1);
    assert.deepEqual(new Set(masks), new Set([FIVE]));
    const connection = await Connection.open(cluster);
    await connection.query('CREATE TABLE few_privileges ()');
    for (let n = 0; n < 241; n++) await connection.query('SELECT FROM few_privileges');
    await connection.close();
    running.signal('SIGTERM');
    await running.ended;
    const rows = parse(pebble('report', '--json', '--store', store, '--top', '1000').stdout) as unknown as ReportRow[];
    const calls = rows.flatMap((row) =>
      row.kind === 'query' && row.query === 'SELECT FROM few_privileges' ? row.calls : [],
    );
    assert.deepEqual(calls, [241]);
  });

  test('uninstall leaves alone what only looks like a Pebble', async () => {
    const entry = join(folder, 'src/cli/main.ts');
    mkdirSync(dirname(entry), { recursive: true });
    writeFileSync(entry, 'console.log(1); setInterval(() => {}, 1000);');
    copyFileSync('/bin/sleep', join(folder, 'pebble'));
    const others = [new Running([entry], {}, process.execPath), new Running(['1000'], {}, join(folder, 'pebble'))];
    try {
      await others[0]!.until('it runs', () => others[0]!.stdout !== '');
      const found = parse(pebble('uninstall', '--dry-run', '--json').stdout);
      for (const { pid } of others) assert.ok(!found.some(({ kind, id }) => kind === 'process' && id === pid));
    } finally {
      for (const other of others) other.signal('SIGKILL');
    }
  });

  test('uninstall finds an agent by what it holds, ends it, and asks the kernel for all of it', async () => {
    const running = await start('--store', 'none');
    const held = new Set(kernelObjectsOf(running.pid).map(({ kind, id }) => `${kind} ${id}`));
    // Of the whole host, which others use, too: only looked at.
    const found = parse(pebble('uninstall', '--dry-run', '--json').stdout);
    assert.ok(found.some(({ kind, id }) => kind === 'process' && id === running.pid));
    const keys = new Set(
      found.filter(({ kind }) => KINDS.includes(String(kind))).map(({ kind, id }) => `${kind} ${id}`),
    );
    assert.deepEqual(held.difference(keys), new Set());
    const { status, stdout, stderr } = pebble('uninstall', '--json', '--pid', String(running.pid));
    assert.equal(status, 0, stderr);
    const removed = parse(stdout);
    assert.deepEqual(new Set(removed.map(({ state }) => state)), new Set(['removed']));
    assert.ok(held.size > 20 && removed.length > held.size, `${held.size} ${removed.length}`);
    assert.equal((await running.ended).status, 143);
    await assertFreed(
      [...held].map((key) => {
        const [kind, id] = key.split(' ');
        return { kind: kind as 'link', id: Number(id) };
      }),
    );
  });
});

const parse = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function capabilitiesOf(pid: number, task: string): bigint {
  return BigInt(`0x${/^CapPrm:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1'))![1]}`);
}
