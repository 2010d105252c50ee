/** Stacks of PostgreSQL's backends at work: Debian's build keeps frame pointers in part, npm's not at all. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, findDebianMajors, startCluster } from '../../cluster/index.ts';
import { Connection } from '../../postgres/client/index.ts';
import { type Stack, sampleThread, shareOf } from './testing/samples.ts';

const FLAVOURS = ['embedded' as const, ...(findDebianMajors().length > 0 ? ['debian' as const] : [])];
const ENOUGH = 300;
const UNABLE: string | false = process.geteuid?.() === 0 ? false : 'sampling stacks needs root';

/** CPU, and nothing but. */
const LOADS: Readonly<Record<string, string>> = {
  SELECT: 'SELECT sum(length(md5(i::text) || repeat($$x$$, i % 7))) FROM generate_series(1, 200000) i',
  sort: 'SELECT count(*) FROM (SELECT md5(i::text) AS h FROM generate_series(1, 100000) i ORDER BY h) AS s',
  'hash join': 'SELECT count(*) FROM numbers a JOIN numbers b ON a.i = b.j',
  plpgsql: 'DO $$DECLARE s bigint := 0; BEGIN FOR i IN 1..300000 LOOP s := s + i % 7; END LOOP; END$$',
  COPY: "COPY (SELECT i, md5(i::text) FROM generate_series(1, 200000) i) TO '/dev/null'",
};

for (const flavour of FLAVOURS) {
  describe(flavour, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let session: Connection;
    before(async () => {
      cluster = await startCluster({ flavour });
      session = await Connection.open(cluster);
      await session.query(
        'CREATE TABLE numbers AS SELECT i, i * 7919 % 100003 AS j FROM generate_series(1, 100000) i; ANALYZE numbers',
      );
    });
    after(async () => {
      await session.close();
      await cluster.stop();
    });

    for (const [name, sql] of Object.entries(LOADS)) {
      test(`${name}: stacks reach the root`, async () => {
        const stacks = await stacksUnder(session, sql);
        const reached = shareOf(stacks, 'root');
        assert.ok(reached >= 0.99, `${reached * 100} % of ${stacks.length}: ${JSON.stringify(failed(stacks))}`);
        const complete = stacks.filter(({ names }) => names.includes('main') && names.at(-1) === '_start');
        assert.ok(complete.length >= 0.99 * stacks.length, `${complete.length} of ${stacks.length} from main`);
        // The leaf without a table: OpenSSL's assembler.
        for (const { names, guessed } of stacks) assert.ok(guessed === 0 || names[0] === 'OPENSSL_cleanse', `${names}`);
      });
    }
  });
}

/** The same statement until there are enough. */
async function stacksUnder(session: Connection, sql: string): Promise<Stack[]> {
  // Not while the dynamic linker still works on plpgsql.so.
  await session.query(sql);
  using sampling = await sampleThread(session.backendPid);
  const stacks: Stack[] = [];
  for (const until = Date.now() + 20_000; stacks.length < ENOUGH && Date.now() < until; ) {
    await session.query(sql);
    await sleep(1);
    stacks.push(...sampling.take());
  }
  assert.ok(stacks.length >= ENOUGH, `${stacks.length} samples`);
  return stacks;
}

const failed = (stacks: readonly Stack[]) => stacks.filter(({ reason }) => reason !== 'root').slice(0, 3);
