/** Executes every kind of statement in each session and reports what must have been counted. */

import { Connection } from '../../postgres/client/index.ts';
import type { WorkloadTarget } from '../workload.ts';
import { KINDS, SETUP } from './kinds.ts';
import type { CountedReport } from './report.ts';

export async function runStatements(target: WorkloadTarget, sessions: number): Promise<CountedReport> {
  const first = await Connection.open(target);
  for (const statement of SETUP) await first.query(statement);
  await first.close();
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

async function runSession(target: WorkloadTarget): Promise<void> {
  const connection = await Connection.open({ ...target, applicationName: 'counted' });
  try {
    for (const kind of KINDS) await kind.run(connection);
  } finally {
    await connection.close();
  }
}
