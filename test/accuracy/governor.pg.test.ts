/** The budget: signals are given up in their order, one program takes the place of another, and no request is lost by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GIVING_UP, Governor } from '../../src/agent/index.ts';
import { startCluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows, type Signal } from '../../src/collect/attribution/index.ts';
import { UNABLE, withConnection } from './servers.ts';
import { rowsOf, total } from './watch.ts';

const SIGNALS: readonly Signal[] = ['io', 'profile'];
const MOST_SECONDS = 60;

test('signals are given up in order, and every statement is counted once', { skip: UNABLE }, async () => {
  const cluster = await startCluster({ flavour: 'embedded' });
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: SIGNALS });
  const governor = new Governor(attribution, { budget: 0, intervalMs: 1e9 });
  try {
    const rows = new QueryRows(attribution.read());
    let executed = 0;
    await withConnection(cluster, async (connection) => {
      const until = Date.now() + MOST_SECONDS * 1000;
      const load = (async () => {
        while (attribution.signals.size > 0 && Date.now() < until) {
          await connection.query('SELECT 1 AS c_swapped');
          executed += 1;
        }
        for (let i = 0; i < 13; i++, executed++) await connection.query('SELECT 1 AS c_swapped');
      })();
      const seen: string[][] = [];
      while (attribution.signals.size > 0 && Date.now() < until) {
        const overhead = await governor.advance();
        seen.push([...overhead.given_up]);
        assert.ok(overhead.bpf_us! > 0 && overhead.agent_us > 0 && overhead.cpu_share > 0, JSON.stringify(overhead));
        assert.ok(overhead.cpu_share < 1 && overhead.bpf_memory_bytes > 1e6, JSON.stringify(overhead));
        assert.ok(overhead.programs.some(({ hook, runs }) => /sched_switch/.test(hook) && runs > 0));
      }
      await load;
      assert.deepEqual(
        seen.at(-1),
        GIVING_UP.filter((signal) => SIGNALS.includes(signal))
          .slice(0, -1)
          .reverse(),
      );
    });
    await sleep(100);
    const own = rowsOf(rows.advance(attribution.read()), 'c_swapped');
    assert.equal(
      total(own, ({ calls }) => calls),
      executed,
    );
    // Many went on while programs were exchanged: fewer on a busy machine.
    assert.ok(executed > 100, `${executed}`);
    const last = await governor.advance();
    assert.deepEqual([last.signals, last.given_up.length], [[], SIGNALS.length]);
  } finally {
    await governor.close();
    attribution.close();
    await cluster.stop();
  }
});
