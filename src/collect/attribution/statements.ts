/** Who executes what: from the slots that the kernel counts by to clusters, databases, users and statements. */
import { textAt } from '../../base/record.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import type { KernelIdentity, KernelStatement } from './engine.ts';

/** `identity.kind` of program.bt. */
const KIND = { queryId: 0, text: 1, process: 2 } as const;
/** `struct statement.text` of program.bt: a text that fills it was cut. */
const TEXT_BYTES = 1024;

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
}

type Known = Omit<SlotIdentity, 'database' | 'user'>;

export class Statements {
  readonly #fingerprinter: Fingerprinter;
  readonly #slots = new Map<number, Known>();
  /** By what the kernel tells statements apart by. */
  readonly #byIdentity = new Map<string, number>();
  /** Sessions know their names; workers and background processes only the numbers. By cluster and OID. */
  readonly #databases = new Map<string, string>();
  readonly #users = new Map<string, string>();

  constructor(fingerprinter: Fingerprinter) {
    this.#fingerprinter = fingerprinter;
  }

  add({ slot, identity, text_bytes, database, user, text }: KernelStatement): void {
    const raw = identity.kind === KIND.process ? undefined : asText(text);
    const statement = raw === undefined ? undefined : this.#fingerprinter.identify(raw);
    const { cluster, database: databaseOid, user: userOid, backend_type: backendType } = identity;
    learn(this.#databases, `${cluster} ${databaseOid}`, asText(database));
    learn(this.#users, `${cluster} ${userOid}`, asText(user));
    this.#byIdentity.set(identityKey(identity), slot);
    this.#slots.set(slot, {
      cluster,
      databaseOid,
      userOid,
      backendType,
      executes: identity.kind !== KIND.process,
      queryId: identity.kind === KIND.queryId ? identity.id.toString() : null,
      fingerprint: statement?.fingerprint ?? '0',
      query: statement?.query ?? null,
      truncated: text_bytes >= TEXT_BYTES,
    });
  }

  /** Nothing for a slot without statement: background processes, what was not introduced. */
  statementOf(slot: number): Pick<SlotIdentity, 'queryId' | 'fingerprint' | 'query' | 'truncated'> | undefined {
    const known = this.#slots.get(slot);
    if (!known?.executes) return undefined;
    const { queryId, fingerprint, query, truncated } = known;
    return { queryId, fingerprint, query, truncated };
  }

  get(slot: number): SlotIdentity | undefined {
    const known = this.#slots.get(slot);
    return known && this.#named(known);
  }

  /** Of an event that carries who it was: what is not known of the statement stays null. */
  identify(identity: KernelIdentity): SlotIdentity {
    const slot = this.#byIdentity.get(identityKey(identity));
    const { cluster, database: databaseOid, user: userOid, backend_type: backendType, kind, id } = identity;
    return (
      (slot !== undefined && this.get(slot)) ||
      this.#named({
        cluster,
        databaseOid,
        userOid,
        backendType,
        executes: kind !== KIND.process,
        queryId: kind === KIND.queryId ? id.toString() : null,
        fingerprint: '0',
        query: null,
        truncated: false,
      })
    );
  }

  #named(known: Known): SlotIdentity {
    const database = this.#databases.get(`${known.cluster} ${known.databaseOid}`) ?? null;
    const user = this.#users.get(`${known.cluster} ${known.userOid}`) ?? null;
    return { ...known, database, user };
  }
}

export const identityKey = ({ cluster, database, user, backend_type, kind, id }: KernelIdentity): string =>
  `${cluster} ${database} ${user} ${backend_type} ${kind} ${id}`;

function learn(names: Map<string, string>, key: string, name: string): void {
  if (name !== '') names.set(key, name);
}

/** The decoder gives bytes or text, as the script declared the field. */
function asText(field: Uint8Array | string): string {
  if (typeof field === 'string') return field;
  return textAt(new DataView(field.buffer, field.byteOffset, field.length), 0, field.length);
}
