/** Executes every kind of statement in each session and reports what must have been counted. */

import { Connection } from '../../postgres/client/index.ts';
import type { WorkloadTarget } from '../workload.ts';
import { KINDS, type Kind, SETUP } from './kinds.ts';
import type { CountedReport } from './report.ts';

export async function runStatements(target: WorkloadTarget, sessions: number): Promise<CountedReport> {
  await setUp(target);
  await Promise.all(Array.from({ length: sessions }, () => runSession(target)));
  const statements = KINDS.flatMap((kind) => kind.statements);
  const requests = KINDS.reduce((sum, kind) => sum + kind.requests, 0);
  return {
    sessions,
    requests: SETUP.length + sessions * requests,
    statements: statements.map(({ marker, succeeded, failed }) => ({
      marker,
      succeeded: sessions * succeeded,
      failed: sessions * failed,
    })),
  };
}

/** In this process, one kind after the other: `after` hears of each before the next begins. */
export async function runKinds(target: WorkloadTarget, after: (kind: Kind) => void): Promise<void> {
  await setUp(target);
  await runSession(target, after);
}

async function setUp(target: WorkloadTarget): Promise<void> {
  const connection = await Connection.open(target);
  for (const statement of SETUP) await connection.query(statement);
  await connection.close();
}

async function runSession(target: WorkloadTarget, after?: (kind: Kind) => void): Promise<void> {
  const connection = await Connection.open({ ...target, applicationName: 'counted' });
  try {
    for (const kind of KINDS) {
      await kind.run(connection);
      after?.(kind);
    }
  } finally {
    await connection.close();
  }
}
