/** The optional SQL connections: what PostgreSQL says of itself, asked every half minute, and what became different since. */
import type { CatalogEvent, CatalogFacts, CatalogState } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import { Catalog, changesBetween, type Plan, type RelationName } from '../catalog/index.ts';
import type { Attribution } from '../collect/attribution/index.ts';
import type { StoredRecord } from '../store/index.ts';

const EVERY_MS = 30_000;
/** Names are many, and rarely new. */
const NAMES_EVERY_MS = 300_000;
/** Facts of so long are kept, for what became of their counters. */
const KEEP_MS = 6 * 60_000;

export interface CatalogsOptions {
  /** One a cluster. */
  readonly urls: readonly string[];
  readonly attribution: Pick<Attribution, 'clusters' | 'disregard'>;
  readonly host: string;
  /** Told once when a connection's trouble begins. */
  readonly onError: (error: unknown) => void;
}

/** What findings compare. */
export interface CatalogSpan {
  readonly now: CatalogFacts;
  /** Some minutes ago; absent where it is not known. */
  readonly before: CatalogFacts | undefined;
}

interface Watched {
  readonly url: string;
  catalog?: Catalog;
  /** Data directory. */
  cluster?: string;
  trouble?: string;
  facts: CatalogFacts[];
  names: ReadonlyMap<string, readonly RelationName[]>;
  namesAtMs: number;
  /** Process ids of those that serve it now. */
  readonly backends: Set<number>;
}

export class Catalogs {
  readonly #options: CatalogsOptions;
  readonly #watched: readonly Watched[];
  readonly #events: CatalogEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void>;

  constructor(options: CatalogsOptions) {
    this.#options = options;
    this.#watched = options.urls.map((url) => ({
      url,
      facts: [],
      names: new Map(),
      namesAtMs: 0,
      backends: new Set(),
    }));
    this.#looking = this.#look();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, EVERY_MS);
  }

  /** Of each connection. */
  get states(): CatalogState[] {
    return this.#watched.map(({ cluster = null, facts, trouble = null }) => ({
      cluster,
      trouble,
      facts: facts.at(-1) ?? null,
    }));
  }

  /** Whether a backend serves one of these connections. */
  isOurs(cluster: string, pid: number): boolean {
    return this.#watched.some((one) => one.cluster === cluster && one.backends.has(pid));
  }

  span(cluster: string): CatalogSpan | undefined {
    const facts = this.#watched.find((one) => one.cluster === cluster && one.trouble === undefined)?.facts ?? [];
    const now = facts.at(-1);
    return now && { now, before: facts.length > 1 ? facts[0] : undefined };
  }

  /** Its name by OID; null where nothing tells it. */
  nameOf(cluster: string, oid: string | null): string | null {
    return this.#find(cluster, (one) => one.oid === oid);
  }

  /** The same by its file, in one database. */
  nameOfFile(cluster: string, database: number, filenode: number): string | null {
    return this.#find(cluster, (one) => one.filenode === filenode, String(database));
  }

  explain(cluster: string, database: string, text: string): Promise<Plan> {
    const catalog = this.#watched.find((one) => one.cluster === cluster)?.catalog;
    if (catalog) return catalog.explain(database, text);
    throw new PebbleError('no-target', {
      doing: 'explaining a statement',
      what: 'the agent has no SQL connection to this cluster',
      hint: 'give it one: the setting `connect`',
    });
  }

  /** Events since the last call, to be kept. */
  drainEvents(): StoredRecord[] {
    return this.#events.splice(0).map((event) => {
      const { host, cluster, at, kind, what } = event;
      const atMs = Date.parse(at);
      return { kind: 'event', host, cluster, id: `${at} ${kind} ${what}`, fromMs: atMs, toMs: atMs, body: event };
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.#watched.map(({ catalog }) => catalog?.close()));
  }

  /** An OID may be of any database: one that two of them have names nothing. */
  #find(cluster: string, isIt: (name: RelationName) => boolean, database?: string): string | null {
    const names = this.#watched.find((one) => one.cluster === cluster)?.names ?? new Map<string, RelationName[]>();
    const lists = database === undefined ? [...names.values()] : [names.get(database) ?? []];
    const found = new Set(lists.flatMap((list) => list.find(isIt)?.name ?? []));
    return found.size === 1 ? [...found][0]! : null;
  }

  async #look(): Promise<void> {
    for (const watched of this.#watched) {
      try {
        await this.#lookAt(watched);
        delete watched.trouble;
      } catch (error) {
        const trouble = error instanceof Error ? error.message : String(error);
        if (watched.trouble !== trouble) this.#options.onError(error);
        watched.trouble = trouble;
      }
    }
  }

  async #lookAt(watched: Watched): Promise<void> {
    const { attribution, host } = this.#options;
    const { url } = watched;
    watched.catalog ??= await Catalog.open({
      url,
      onBackend: (pid) => {
        attribution.disregard(pid);
        watched.backends.add(pid);
      },
      onGone: (pid) => watched.backends.delete(pid),
    });
    const { catalog } = watched;
    watched.cluster = this.#clusterOf(catalog);
    const before = watched.facts.at(-1);
    const facts = await catalog.facts();
    const { cluster } = watched;
    if (before) this.#events.push(...changesBetween(before, facts).map((change) => ({ ...change, host, cluster })));
    const oldest = Date.parse(facts.at) - KEEP_MS;
    watched.facts = [...watched.facts.filter(({ at }) => Date.parse(at) >= oldest), facts];
    if (Date.now() - watched.namesAtMs < NAMES_EVERY_MS) return;
    watched.names = await catalog.names();
    watched.namesAtMs = Date.now();
  }

  #clusterOf({ systemIdentifier }: Catalog): string {
    const { clusters } = this.#options.attribution;
    const cluster = clusters.find((one) => one.systemIdentifier === systemIdentifier);
    if (cluster) return cluster.pgdata;
    throw new PebbleError('no-target', {
      doing: 'recognising the server of an SQL connection',
      what: `it has the system identifier ${systemIdentifier}, and no cluster that is watched here has`,
      hint: 'the setting `connect` is for clusters of this host',
    });
  }
}
