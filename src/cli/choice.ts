/**
 * What the kernel is to look at: server processes by `--pgdata` and `--pid`, their sessions and statements by `--database`,
 * `--user` and `--query-id`. Rows are chosen once more: texts without query id have a fingerprint only here.
 */
import type { StatementChoice } from '../collect/attribution/index.ts';

export interface ServerChoice {
  readonly pgdata?: string | undefined;
  readonly pid?: number | undefined;
}

export const chosenServers = ({ pgdata, pid }: ServerChoice): { readonly pgdata?: string; readonly pid?: number } => ({
  ...(pgdata !== undefined && { pgdata }),
  ...(pid !== undefined && { pid }),
});

/** The same with the sessions and statements that are chosen. */
export const chosenDoers = (
  options: ServerChoice & Choice,
): ReturnType<typeof chosenServers> & { readonly choice: StatementChoice } => ({
  ...chosenServers(options),
  choice: { database: options.database, user: options.user, queryId: options['query-id'] },
});

export interface Choice {
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly 'query-id'?: string | undefined;
}

/** Fields of a doer; what belongs to nobody has none, and is not chosen by any. */
interface Done {
  readonly database?: string | null;
  readonly user?: string | null;
  readonly query_id?: string | null;
  readonly fingerprint?: string | null;
}

export function chooser(choice: Choice): (row: object) => boolean {
  const { database, user, 'query-id': id } = choice;
  return (row) => {
    const done: Done = row;
    return (
      (database === undefined || done.database === database) &&
      (user === undefined || done.user === user) &&
      (id === undefined || (done.query_id ?? done.fingerprint) === id)
    );
  };
}

/** Said where a window has no row, so that nothing is empty without a word: what kept rows away. */
export function tellNothing(rows: readonly unknown[], options: Choice & ServerChoice): void {
  if (rows.length > 0) return;
  const given = CHOICES.flatMap((name) => (options[name] === undefined ? [] : `--${name} ${options[name]}`));
  const only = given.length > 0 ? ` Only: ${given.join('; ')}.` : '';
  process.stderr.write(`pebble: no row: what was watched did nothing of this kind in this window.${only}\n`);
}

const CHOICES = ['pid', 'pgdata', 'database', 'user', 'query-id'] as const;

interface Waited {
  readonly database: string | null;
  readonly waiter_user: string | null;
  readonly waiter_query_id: string | null;
  readonly waiter_fingerprint: string | null;
  readonly blocker_user: string | null;
  readonly blocker_query_id: string | null;
  readonly blocker_fingerprint: string | null;
}

/** Of lock waits: those in which the waiter or the blocker is chosen. */
export function lockChooser(choice: Choice): (row: Waited) => boolean {
  const isChosen = chooser(choice);
  return (row) => {
    const { database } = row;
    const waiter = { query_id: row.waiter_query_id, fingerprint: row.waiter_fingerprint, user: row.waiter_user };
    const blocker = { query_id: row.blocker_query_id, fingerprint: row.blocker_fingerprint, user: row.blocker_user };
    return isChosen({ database, ...waiter }) || isChosen({ database, ...blocker });
  };
}
