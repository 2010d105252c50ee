/** The API: one row a path; what reads only is answered once for all who ask it within a second. */
import { type Feed, History, historyOf } from '../agent/index.ts';
import type { CatalogAnswer, HistoryAnswer, Permissions, TextAnswer } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import type { Store } from '../store/index.ts';
import type { User } from './access/index.ts';
import { fleetAnswer } from './answers/fleet.ts';
import { stepFor } from './answers/grid.ts';
import { loadAnswer } from './answers/load.ts';
import { mixAnswer } from './answers/mix.ts';
import { ROW_KINDS, type RowSources, rowsAnswer } from './answers/rows.ts';
import { withShortTexts } from './answers/short-texts.ts';
import { refuseBlind } from './blind.ts';
import { NO_CONNECTION, NO_SIGNALS, NO_TRACING, ONLY_ADMIN } from './changes.ts';
import type { TraceConsole } from './console.ts';
import { filterOf, numberOf, type Question, questionOf } from './question.ts';

export interface RouterOptions {
  readonly feed: Feed;
  readonly allowSignals?: boolean;
  readonly console?: TraceConsole;
  /** What is older than the feed's last minutes. */
  readonly history?: Store;
  readonly sources?: RowSources;
}

/** Between what an agent appends first and its first reading, on the busiest machine. */
const STARTED_TOGETHER_MS = 10_000;

type Answer = (question: Question, user: User) => Promise<unknown>;

export class Router {
  readonly #options: RouterOptions;
  readonly #routes: Readonly<Record<string, Answer>>;
  /** Of the reading that was made then. */
  readonly #answers = new Map<string, Promise<Buffer>>();
  #answeredAt = '';

  constructor(options: RouterOptions) {
    this.#options = options;
    const rows = ROW_KINDS.map((kind): [string, Answer] => [
      `/api/rows/${kind}`,
      async (question) =>
        withShortTexts(await rowsAnswer(kind, { ...options, store: await this.#store(question) }, question), question),
    ]);
    this.#routes = {
      ...Object.fromEntries(rows),
      '/api/status': async () => options.feed.status(),
      '/api/catalog': async (): Promise<CatalogAnswer> => ({ connections: options.feed.catalogs?.states ?? [] }),
      '/api/me': async (_, user) => permissionsOf(user, options),
      '/api/load': async (question) => loadAnswer(await this.#store(question), question),
      '/api/mix': async (question) => mixAnswer(await this.#store(question), question),
      '/api/heatmap': async (question) => heatmapAnswer(await this.#store(question), question),
      '/api/fleet': async (question) => fleetAnswer(await this.#store(question), question),
      '/api/history': async (): Promise<HistoryAnswer> =>
        options.history ? historyOf(await options.history.state()) : null,
      '/api/heatmap/io': async (question) => ioHeatmapAnswer(await this.#store(question), question),
      '/api/text': async (question) => textAnswer(await this.#store(question), question),
    };
  }

  get paths(): readonly string[] {
    return Object.keys(this.#routes);
  }

  /** JSON; nothing for a path that is not of the API. */
  answer(url: URL, user: User): Promise<Buffer> | undefined {
    const route = Object.hasOwn(this.#routes, url.pathname) ? this.#routes[url.pathname] : undefined;
    if (!route) return undefined;
    return this.#answer(route, url, user);
  }

  async #answer(route: Answer, url: URL, user: User): Promise<Buffer> {
    const { feed } = this.#options;
    await feed.look();
    const { at } = feed.status();
    if (at !== this.#answeredAt) this.#answers.clear();
    this.#answeredAt = at;
    const key = `${user.role} ${url.pathname}${url.search}`;
    const known = this.#answers.get(key);
    if (known) return known;
    const made = this.#make(route, url, user);
    this.#answers.set(key, made);
    return made;
  }

  async #make(route: Answer, url: URL, user: User): Promise<Buffer> {
    const { searchParams } = url;
    const now = Date.parse(this.#options.feed.status().at);
    const isTimeless = !searchParams.has('last') && !searchParams.has('from');
    const params = isTimeless ? new URLSearchParams([...searchParams, ['last', '5m']]) : searchParams;
    const question = questionOf(params, now);
    refuseBlind(url.pathname, question);
    return Buffer.from(JSON.stringify(await route(question, user)));
  }

  /** The last minutes are in memory, and finer there; what begins earlier is asked of history, where that goes back further. */
  async #store({ range }: Question): Promise<Store> {
    const { feed, history } = this.#options;
    const oldest = feed.recent.oldestMs;
    if (history === undefined || (oldest !== undefined && range.fromMs >= oldest)) return feed.recent;
    const { oldestMs } = await history.state();
    const isYoung = oldest !== undefined && (oldestMs === null || oldestMs >= oldest - STARTED_TOGETHER_MS);
    return isYoung ? feed.recent : history;
  }
}

const permissionsOf = ({ role }: User, { feed, allowSignals, console }: RouterOptions): Permissions => ({
  role,
  signal: role === 'admin' ? (allowSignals ? null : NO_SIGNALS) : ONLY_ADMIN,
  trace: role === 'admin' ? (console ? null : NO_TRACING) : ONLY_ADMIN,
  explain: role === 'admin' ? (feed.catalogs ? null : NO_CONNECTION) : ONLY_ADMIN,
});

const MOST_COLUMNS = 500;

async function heatmapAnswer(store: Store, question: Question) {
  const { range, facets } = question;
  const stepMs = stepFor(range, numberOf(question, 'points', 120, MOST_COLUMNS));
  const where = filterOf(facets, ['host', 'cluster', 'database', 'user', 'fingerprint']);
  return { columns: await new History(store).heatmap(range, stepMs, where) };
}

/** Devices are read less often than everything else. */
const IO_STEP_MS = 10_000;

async function ioHeatmapAnswer(store: Store, question: Question) {
  const { range, facets, params } = question;
  const stepMs = stepFor(range, numberOf(question, 'points', 120, MOST_COLUMNS));
  const of = ['device', 'operation'].flatMap((name) => (params.has(name) ? [[name, params.get(name)!]] : []));
  const doer = filterOf(facets, ['host', 'cluster', 'database', 'user', 'fingerprint', 'backend_type']);
  const where = { ...doer, ...Object.fromEntries(of) };
  return { columns: await new History(store).ioHeatmap(range, Math.max(stepMs, IO_STEP_MS), where) };
}

async function textAnswer(store: Store, { facets: { fingerprint } }: Question): Promise<TextAnswer> {
  if (fingerprint === undefined) {
    throw new PebbleError('usage', { doing: 'reading the address', what: 'there is no `fingerprint`' });
  }
  const found = (await store.texts([fingerprint])).get(fingerprint);
  return { fingerprint, query: found?.text ?? null, query_truncated: found?.truncated ?? false };
}
