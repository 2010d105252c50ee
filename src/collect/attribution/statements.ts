/** Who executes what: from the slots that the kernel counts by to clusters, databases, users and statements. */
import { Generations } from '../../base/generations.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import { functionNamed, type Inner, innerStatement } from './inner.ts';
import { asText, wordsText } from './kernel-text.ts';
import type { KernelIdentity, KernelStatement } from './records.ts';

/** `identity.kind` of program.bt. */
const KIND = { queryId: 0, text: 1, process: 2, function: 3, inner: 4, signature: 5 } as const;
/** `struct statement.text` of program.bt: a text that fills it was cut. */
const TEXT_BYTES = 1024;
/** Texts the query id of which is known; twice as many at most. */
const MOST_QUERY_IDS = 20_000;

export interface SlotIdentity {
  /** Number of the cluster, as given to the engine. */
  readonly cluster: number;
  readonly databaseOid: number;
  readonly userOid: number;
  /** Null where no session has told the name yet. */
  readonly database: string | null;
  readonly user: string | null;
  readonly backendType: number;
  /** Executes a statement: a session, or a worker of its parallel query. */
  readonly executes: boolean;
  /** Signed, decimal; null where the server computes none. */
  readonly queryId: string | null;
  readonly fingerprint: string;
  /** Normalised; null for processes that execute no statement. */
  readonly query: string | null;
  readonly truncated: boolean;
  /** The statements of a string of several. */
  readonly parts: readonly Shown[] | undefined;
}

/** What tells a statement from others. */
type Shown = Pick<SlotIdentity, 'queryId' | 'fingerprint' | 'query'>;
type Known = Omit<SlotIdentity, 'database' | 'user'> & {
  /** Whether its query id is known has been decided. */
  readonly isSettled: boolean;
  /** The kernel could not tell its text. */
  readonly isUntold?: boolean;
};

export class Statements {
  readonly #fingerprinter: Fingerprinter;
  /** By owner and text; null where several have the same text: its names mean different tables. */
  readonly #queryIds = new Generations<string, string | null>(MOST_QUERY_IDS);
  readonly #slots = new Map<number, Known>();
  /** What `get` gave, until something more is learned of it: readings ask for every slot, many times. */
  readonly #given = new Map<number, SlotIdentity>();
  readonly #inner = new Map<bigint, Inner>();
  /** Of those the ones that came since `keepInner`. */
  readonly #freshInner = new Set<bigint>();
  /** By what the kernel tells statements apart by. */
  readonly #byIdentity = new Map<string, number>();
  /** Sessions know their names; workers and background processes only the numbers. By cluster and OID. */
  readonly #databases = new Map<string, string>();
  readonly #users = new Map<string, string>();

  constructor(fingerprinter: Fingerprinter) {
    this.#fingerprinter = fingerprinter;
  }

  add(introduced: KernelStatement): void {
    if (introduced.identity.kind >= KIND.inner) this.#addInner(introduced);
    else this.#addStatement(introduced);
  }

  #addInner({ identity: { kind, id }, text_bytes, text }: KernelStatement): void {
    const shown = wordsText(text);
    const identified = kind === KIND.signature ? functionNamed(shown, id) : innerStatement(this.#fingerprinter, shown);
    const { fingerprint, query } = identified;
    const key = BigInt.asUintN(64, id);
    this.#inner.set(key, { fingerprint, query, truncated: text_bytes >= TEXT_BYTES });
    this.#freshInner.add(key);
  }

  /** What is executed inside of a statement, by its id in inner.bt. */
  inner(id: bigint): Inner | undefined {
    return this.#inner.get(id);
  }

  /** Forgets all others, but for those that came since the last call: what they are of may be on its way. */
  keepInner(used: ReadonlySet<bigint>): void {
    for (const id of this.#inner.keys()) if (!used.has(id) && !this.#freshInner.has(id)) this.#inner.delete(id);
    this.#freshInner.clear();
  }

  /** Nothing is counted under these slots any more. */
  forget(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#slots.delete(slot);
      this.#given.delete(slot);
    }
    for (const [identity, slot] of this.#byIdentity) if (!this.#slots.has(slot)) this.#byIdentity.delete(identity);
  }

  #addStatement({ slot, identity, text_bytes, database, user, text }: KernelStatement): void {
    const { cluster, database: databaseOid, user: userOid, backend_type: backendType } = identity;
    this.#learn(this.#databases, `${cluster} ${databaseOid}`, asText(database));
    this.#learn(this.#users, `${cluster} ${userOid}`, asText(user));
    this.#given.delete(slot);
    this.#byIdentity.set(identityKey(identity), slot);
    const owner = ownerOf({ cluster, databaseOid, userOid });
    const known = {
      cluster,
      databaseOid,
      userOid,
      backendType,
      executes: identity.kind !== KIND.process,
      truncated: text_bytes >= TEXT_BYTES,
      ...this.#identify(identity, wordsText(text), owner),
    };
    this.#slots.set(slot, this.#slots.get(slot)?.isUntold ? withKeyOf(identity, known) : known);
  }

  /** Of what was counted and could not be introduced: no more than what it is told apart by. */
  addUntold({ slot, identity }: Pick<KernelStatement, 'slot' | 'identity'>): void {
    this.#byIdentity.set(identityKey(identity), slot);
    const { fingerprint, parts } = withKeyOf(identity, { fingerprint: '0', parts: undefined });
    this.#slots.set(slot, { ...withoutText(identity), fingerprint, parts, isUntold: true });
  }

  isIntroduced(slot: number): boolean {
    const known = this.#slots.get(slot);
    return known !== undefined && !known.isUntold;
  }

  #identify(
    { kind, id }: KernelStatement['identity'],
    text: string,
    owner: string,
  ): Shown & Pick<Known, 'parts' | 'isSettled'> {
    const nobody = { queryId: null, parts: undefined, isSettled: true };
    if (kind === KIND.process) return { ...nobody, fingerprint: '0', query: null };
    if (kind === KIND.function) return { ...nobody, fingerprint: String(id), query: `<call of function ${id}>` };
    const { fingerprint, query } = this.#fingerprinter.identify(text);
    if (kind === KIND.queryId) {
      const queryId = id.toString();
      const known = this.#queryIds.get(`${owner} ${query}`);
      this.#queryIds.set(`${owner} ${query}`, known === undefined || known === queryId ? queryId : null);
      return { queryId, fingerprint, query, parts: undefined, isSettled: true };
    }
    const parts = this.#fingerprinter.split(text)?.map((part) => ({ ...part, queryId: null }));
    return { queryId: null, fingerprint, query, parts, isSettled: false };
  }

  /**
   * Of texts that are executed among others only the last one's query id shows; the same text may have shown it before
   * or since. This is settled when first asked for, and stays: rows do not change their key.
   */
  #settle(slot: number, { fingerprint, query, parts, ...rest }: Known): Known {
    const owner = ownerOf(rest);
    const settled = { ...rest, ...this.#withQueryId({ fingerprint, query: query! }, owner) };
    const known = { ...settled, parts: parts?.map((part) => this.#withQueryId(part, owner)), isSettled: true };
    this.#slots.set(slot, known);
    return known;
  }

  #withQueryId({ fingerprint, query }: Pick<Shown, 'fingerprint' | 'query'>, owner: string): Shown {
    return { queryId: this.#queryIds.get(`${owner} ${query}`) ?? null, fingerprint, query };
  }

  /** Nothing for a slot without statement: background processes, what was not introduced. */
  statementOf(slot: number): Pick<SlotIdentity, 'queryId' | 'fingerprint' | 'query' | 'truncated'> | undefined {
    const known = this.get(slot);
    if (!known?.executes) return undefined;
    const { queryId, fingerprint, query, truncated } = known;
    return { queryId, fingerprint, query, truncated };
  }

  /** What the kernel has no room for: statements of this cluster. */
  addOthers(slot: number, cluster: number, backendType: number): void {
    this.#slots.set(slot, {
      cluster,
      databaseOid: 0,
      userOid: 0,
      backendType,
      executes: true,
      queryId: null,
      fingerprint: '0',
      query: '<others>',
      truncated: false,
      parts: undefined,
      isSettled: true,
    });
  }

  get(slot: number): SlotIdentity | undefined {
    const given = this.#given.get(slot);
    if (given) return given;
    const found = this.#slots.get(slot);
    if (!found) return undefined;
    const named = this.#named(found.isSettled ? found : this.#settle(slot, found));
    this.#given.set(slot, named);
    return named;
  }

  /** Of an event that carries who it was: what is not known of the statement stays null. */
  identify(identity: KernelIdentity): SlotIdentity {
    const slot = this.#byIdentity.get(identityKey(identity));
    return (slot !== undefined && this.get(slot)) || this.#named(withoutText(identity));
  }

  #learn(names: Map<string, string>, key: string, name: string): void {
    if (name === '' || names.get(key) === name) return;
    names.set(key, name);
    this.#given.clear();
  }

  #named(known: Known): SlotIdentity {
    const database = this.#databases.get(`${known.cluster} ${known.databaseOid}`) ?? null;
    const user = this.#users.get(`${known.cluster} ${known.userOid}`) ?? null;
    return { ...known, database, user };
  }
}

export const identityKey = ({ cluster, database, user, backend_type, kind, id }: KernelIdentity): string =>
  `${cluster} ${database} ${user} ${backend_type} ${kind} ${id}`;

function withoutText({ cluster, database, user, backend_type, kind, id }: KernelIdentity): Known {
  return {
    cluster,
    databaseOid: database,
    userOid: user,
    backendType: backend_type,
    executes: kind !== KIND.process,
    queryId: kind === KIND.queryId ? id.toString() : null,
    fingerprint: '0',
    query: null,
    truncated: false,
    parts: undefined,
    isSettled: true,
  };
}

/** Rows do not change their key: one that had to do without its text stays what the hash of the text makes it. */
function withKeyOf<Shown extends Pick<Known, 'fingerprint' | 'parts'>>(
  { kind, id }: KernelIdentity,
  shown: Shown,
): Shown {
  return kind === KIND.text ? { ...shown, fingerprint: id.toString(), parts: undefined } : shown;
}

const ownerOf = ({ cluster, databaseOid, userOid }: Pick<Known, 'cluster' | 'databaseOid' | 'userOid'>): string =>
  `${cluster} ${databaseOid} ${userOid}`;
