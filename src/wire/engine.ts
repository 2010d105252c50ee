/** Answers queries: those of all rows of one relation here, every other in a process that is killed when it takes too long: nothing else ends SQLite in the middle of a step. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RELATIONS, type Relation, type Row, textOf } from './catalog.ts';
import type { Answer, Table, Work } from './engine-process.ts';
import { SqlFailure, type WireType } from './messages.ts';
import type { Query, TimeRange } from './query.ts';

/** The rows of a relation, as docs/json.md has them; a failure says why there are none. */
export type Source = (relation: string, range: TimeRange | undefined) => Promise<readonly Row[]>;

export interface Result {
  readonly columns: readonly { readonly name: string; readonly type: WireType }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const MOST_ROWS = 100_000;
const TIMEOUT_MS = 10_000;
/** Of the process, tables of the question included. */
const MOST_MEMORY_BYTES = 512 * 2 ** 20;
const LOOK_EVERY_MS = 100;
/** Or more, on few machines: then the limit is higher. */
const PAGE_BYTES = 4096;
/** A process that nobody needs costs memory. */
const IDLE_MS = 60_000;

export class Engine {
  readonly #source: Source;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** One query at a time: none may take longer than TIMEOUT_MS. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(source: Source) {
    this.#source = source;
  }

  async run(query: Query, signal: AbortSignal): Promise<Result> {
    const relations = query.relations.map((name) => RELATIONS.get(name)!);
    if (query.plain) return this.#plain(relations[0]!, query, query.plain);
    const tables = await Promise.all(relations.map((relation) => this.#table(relation, query)));
    const work: Work = { sql: query.sql, tables, mostRows: MOST_ROWS };
    const answer = this.#queue.then(() => this.#ask(work, signal));
    this.#queue = answer.catch(() => undefined);
    const { columns, rows } = await answer;
    return { columns: columns.map(({ name, type }) => ({ name, type: (type ?? 'text') as WireType })), rows };
  }

  close(): void {
    this.#isClosed = true;
    this.#endChild();
  }

  #endChild(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** Text is made of what is asked for only. */
  async #plain(relation: Relation, { range }: Query, wanted: readonly (string | null)[]): Promise<Result> {
    const columns = wanted.map((name) => relation.columns.find((column) => column.name === name));
    const rows = await this.#rows(relation, range);
    return {
      columns: columns.map((column) => ({ name: column?.name ?? '?column?', type: column?.type ?? 'text' })),
      rows: rows.map((row) => columns.map((column) => (column ? textOf(column, row) : null))),
    };
  }

  async #table(relation: Relation, { range }: Query): Promise<Table> {
    const { name, columns } = relation;
    const rows = await this.#rows(relation, range);
    return {
      name,
      columns: columns.map((column) => ({ name: column.name, type: column.type })),
      rows: rows.map((row) => columns.map((column) => textOf(column, row))),
    };
  }

  /** Every row has the range that was asked for. */
  async #rows({ name }: Relation, range: TimeRange | undefined): Promise<readonly Row[]> {
    const rows = await this.#source(name, range);
    if (!range) return rows;
    const [range_from, range_to] = [range.fromMs, range.toMs].map((ms) => new Date(ms).toISOString());
    return rows.map((row) => ({ ...row, range_from, range_to }));
  }

  #ask(work: Work, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted || this.#isClosed) throw CANCELED();
    clearTimeout(this.#idle);
    this.#child ??= start();
    const child = this.#child;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const end = (failure: SqlFailure): void => {
      this.#endChild();
      reject(failure);
    };
    const looking = setInterval(() => {
      if (memoryOf(child) > MOST_MEMORY_BYTES)
        end(new SqlFailure('53200', `out of memory: a query has ${MOST_MEMORY_BYTES / 2 ** 20} MiB`));
    }, LOOK_EVERY_MS);
    const onAbort = (): void => end(CANCELED());
    const timer = setTimeout(
      () => end(new SqlFailure('57014', 'canceling statement due to statement timeout')),
      TIMEOUT_MS,
    );
    const onMessage = ({ answer, error }: { answer?: Answer; error?: string }): void =>
      answer ? resolve(answer) : reject(new SqlFailure('42601', error!, HINT));
    const onError = (error: Error): void => end(new SqlFailure('XX000', error.message));
    const onExit = (): void => onError(new Error('the query needs more than there is'));
    child.once('message', onMessage).once('error', onError).once('exit', onExit);
    signal.addEventListener('abort', onAbort);
    child.send(work);
    return promise.finally(() => {
      clearTimeout(timer);
      clearInterval(looking);
      signal.removeEventListener('abort', onAbort);
      child.off('message', onMessage).off('error', onError).off('exit', onExit);
      this.#idle = setTimeout(() => this.#endChild(), IDLE_MS).unref();
    });
  }
}

function start(): ChildProcess {
  const path = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
  // What it says on its standard error is for nobody: errors come as messages.
  return fork(path, {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** /proc/PID/statm (proc(5)): pages that are in memory, the second number. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

const CANCELED = (): SqlFailure => new SqlFailure('57014', 'canceling statement due to user request');
const HINT = `the relations are ${[...RELATIONS.keys()].join(', ')}; expressions are SQLite's`;
