/** Who executes what: from the slots that the kernel counts by to clusters, databases, users and statements. */
import { textAt } from '../../base/record.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import type { KernelStatement } from './engine.ts';

/** `identity.kind` of program.bt. */
const KIND = { queryId: 0, text: 1, process: 2 } as const;
/** `struct statement.text` of program.bt: a text that fills it was cut. */
const TEXT_BYTES = 1024;

export interface SlotIdentity {
  /** Number of the cluster, as given to the engine. */
  readonly cluster: number;
  readonly database: string | null;
  readonly user: string | null;
  readonly backendType: number;
  /** Signed, decimal; null where the server computes none. */
  readonly queryId: string | null;
  readonly fingerprint: string;
  /** Normalised; null for processes that execute no statement. */
  readonly query: string | null;
  readonly truncated: boolean;
}

export class Statements {
  readonly #fingerprinter: Fingerprinter;
  readonly #slots = new Map<number, SlotIdentity>();

  constructor(fingerprinter: Fingerprinter) {
    this.#fingerprinter = fingerprinter;
  }

  add({ slot, identity, text_bytes, database, user, text }: KernelStatement): void {
    const raw = identity.kind === KIND.process ? undefined : asText(text);
    const statement = raw === undefined ? undefined : this.#fingerprinter.identify(raw);
    this.#slots.set(slot, {
      cluster: identity.cluster,
      database: asText(database) || null,
      user: asText(user) || null,
      backendType: identity.backend_type,
      queryId: identity.kind === KIND.queryId ? identity.id.toString() : null,
      fingerprint: statement?.fingerprint ?? '0',
      query: statement?.query ?? null,
      truncated: text_bytes >= TEXT_BYTES,
    });
  }

  get(slot: number): SlotIdentity | undefined {
    return this.#slots.get(slot);
  }
}

/** The decoder gives bytes or text, as the script declared the field. */
function asText(field: Uint8Array | string): string {
  if (typeof field === 'string') return field;
  return textAt(new DataView(field.buffer, field.byteOffset, field.length), 0, field.length);
}
