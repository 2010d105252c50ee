/** `pebble top`: a live table on a terminal that is given back, and plain lines elsewhere. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { type RunningWorkload, startDemo } from '../../src/workload/index.ts';
import { queryRows } from './contract.ts';
import { PEBBLE, pebble, Running, UNABLE } from './pebble.ts';
import { Terminal, WITHOUT_TMUX } from './terminal.ts';

describe('pebble top', { skip: UNABLE }, () => {
  let cluster: Cluster;
  let workload: RunningWorkload;
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    workload = await startDemo(cluster);
  });
  after(async () => {
    await workload?.stop();
    await cluster?.stop();
  });

  test('without a terminal: a table each interval, and no control characters', () => {
    const { status, stdout } = pebble('top', '--pgdata', cluster.pgdata, '--interval', '2', '--duration', '5');
    assert.equal(status, 0);
    // Three, where the machine is not so busy that an interval takes longer.
    const tables = stdout.match(/^load▾ +calls\/s/gm)?.length ?? 0;
    assert.ok(tables === 2 || tables === 3, stdout);
    assert.match(stdout, /SELECT name, price FROM demo\.products WHERE id =/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f]/);
  });

  test('--json: a row a query each interval, until a signal', async () => {
    const run = new Running(['top', '--json', '--pgdata', cluster.pgdata, '--interval', '500ms']);
    await run.until('three intervals', () => new Set(run.stdout.match(/"window_start":"[^"]*"/g)).size >= 3);
    run.signal('SIGTERM');
    const { status, stdout } = await run.ended;
    assert.equal(status, 143);
    const keys = queryRows(stdout).map((row) => [row.window_start, row.query_id, row.fingerprint].join());
    assert.equal(new Set(keys).size, keys.length);
  });

  test('in a terminal: select, look closer, filter, quit', { skip: WITHOUT_TMUX }, async (t) => {
    const terminal = new Terminal();
    t.after(() => terminal.close());
    await terminal.shows(/ready>/);
    terminal.type(`stty -g; ${PEBBLE} top --pgdata ${cluster.pgdata}; echo "status $?"; stty -g`);
    const table = await terminal.shows(/SELECT name, price FROM demo\.products/);
    assert.match(
      table,
      /load▾ +calls\/s +err\/s +p50 +p95 +p99 +on cpu +waiting +run queue +waits for +database +query/,
    );
    assert.match(table, /q quit {2}Space pause/);
    assert.deepEqual(terminal.modes, { alternate: true, cursor: false });

    terminal.press('/');
    terminal.press('demo.products');
    await terminal.shows(/\/demo\.products_/);
    terminal.press('Enter');
    assert.doesNotMatch(await terminal.shows(/filter: demo\.products {3}1 of \d+ rows/), /demo\.events/);

    terminal.press('Enter');
    await terminal.shows(/query id +none: this cluster computes no query ids/);
    await terminal.shows(/latency +p50 .* total/);
    terminal.press('Escape');
    await terminal.shows(/load▾/);

    terminal.press('q');
    await terminal.shows(/status 0/);
    assert.deepEqual(terminal.modes, { alternate: false, cursor: true });
    const [before, afterwards] = terminal.screen.match(/^[0-9a-f]+(:[0-9a-f]+){10,}$/gm) ?? [];
    assert.ok(before !== undefined && before === afterwards, terminal.screen);
  });

  test('Ctrl-C gives the terminal back, too', { skip: WITHOUT_TMUX }, async (t) => {
    const terminal = new Terminal();
    t.after(() => terminal.close());
    await terminal.shows(/ready>/);
    terminal.type(`${PEBBLE} top --pgdata ${cluster.pgdata}; echo "status $?"`);
    await terminal.shows(/load▾/);
    terminal.press('C-c');
    await terminal.shows(/status 130/);
    assert.deepEqual(terminal.modes, { alternate: false, cursor: true });
  });
});
