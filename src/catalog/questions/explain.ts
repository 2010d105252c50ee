/** The plan of a statement with $1, $2 … in place of its values; nothing of it is executed. */
import { PebbleError } from '../../base/errors.ts';
import type { Session } from '../session.ts';

export interface Plan {
  /** Of which kind: the server has no values to plan for. */
  readonly how: string;
  readonly lines: readonly string[];
}

/** explain.c: EXPLAIN (GENERIC_PLAN) came with 16. Before, a prepared statement that is made to use its generic plan. */
export async function explain(session: Session, text: string, major: number): Promise<Plan> {
  refuseSeveral(text);
  await session.ask('BEGIN READ ONLY');
  try {
    // The names in the statement are those of its own search path, which is not known: the usual one.
    await session.ask('SET LOCAL search_path TO "$user", public');
    const rows =
      major >= 16 ? await session.ask(`EXPLAIN (GENERIC_PLAN) ${text}`) : await explainPrepared(session, text);
    return { how: 'generic plan: for any values', lines: rows.map((row) => String(Object.values(row)[0])) };
  } finally {
    await session.ask('ROLLBACK').catch(() => {});
    await session.ask('DEALLOCATE ALL').catch(() => {});
  }
}

async function explainPrepared(session: Session, text: string): Promise<object[]> {
  await session.ask('SET LOCAL plan_cache_mode TO force_generic_plan');
  await session.ask(`PREPARE pebble_explained AS ${text}`);
  const [known] = await session.ask<{ count: number }>(
    "SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = 'pebble_explained'",
  );
  const values = Array.from({ length: known!.count }, () => 'NULL').join(', ');
  return session.ask(`EXPLAIN EXECUTE pebble_explained${values ? `(${values})` : ''}`);
}

const EXPLAINED = /^\s*(select|insert|update|delete|merge|values|with|table)\b/i;

/** A second statement behind a semicolon would be executed, and others cannot be explained. */
function refuseSeveral(text: string): void {
  const hint = 'EXPLAIN it by hand, in a session with its settings';
  const doing = 'explaining a statement';
  if (!EXPLAINED.test(text))
    throw new PebbleError('usage', { doing, what: 'PostgreSQL has plans for queries and changes of rows only', hint });
  if (text.replace(/;\s*$/, '').includes(';'))
    throw new PebbleError('usage', { doing, what: 'its text has a semicolon', hint });
}
