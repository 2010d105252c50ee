/** From a statement's text to what identifies it and what may be shown of it. */

import { normalize } from './normalize.ts';
import { type ParsedStatement, Parser } from './parser.ts';
import { hashSkeleton, skeletonOf } from './skeleton.ts';
import { TextCache } from './text-cache.ts';

export interface Statement {
  /** Signed 64 bits, decimal; equal for texts that differ in constants, blanks and comments only. */
  readonly fingerprint: string;
  /** The text with parameters in place of constants; of what does not parse only the command: "<SELECT, does not parse>", "<BASE_BACKUP>". */
  readonly query: string;
  readonly parsed: boolean;
}

/** Undefined for what does not parse, whatever the reason. */
export interface StatementParser {
  parse(text: string): ParsedStatement | undefined;
  /** The texts of the statements that these are. */
  split(text: string): string[] | undefined;
}

/** Characters of text that each cache keeps, keys and values. */
const CACHE_BUDGET = 4_000_000;

/** Shown of texts that do not parse: words that cannot be anyone's data. */
const COMMANDS = new Set(
  (
    'abort alter analyze begin call checkpoint close cluster comment commit copy create deallocate declare delete discard ' +
    'do drop end execute explain fetch grant import insert listen load lock merge move notify prepare reassign refresh ' +
    'reindex release reset revoke rollback savepoint security select set show start table truncate unlisten update vacuum ' +
    'values with'
  ).split(' '),
);

export class Fingerprinter {
  readonly #parser: StatementParser;
  /** Most texts come again as they are; of the rest most differ in constants only. */
  readonly #byText: TextCache = new TextCache(CACHE_BUDGET);
  readonly #bySkeleton: TextCache = new TextCache(CACHE_BUDGET);

  constructor(parser: StatementParser) {
    this.#parser = parser;
  }

  /** With the parser in this thread. */
  static async load(): Promise<Fingerprinter> {
    return new Fingerprinter(await Parser.load());
  }

  identify(text: string): Statement {
    const known = this.#byText.get(text);
    if (known) return known;
    const statement = this.#examine(text);
    this.#byText.set(text, statement);
    return statement;
  }

  /** The statements of a string of several; undefined for one, and where they cannot be told apart. */
  split(text: string): Statement[] | undefined {
    if (!text.includes(';')) return undefined;
    const parts = this.#parser.split(text) ?? [];
    return parts.length > 1 ? parts.map((part) => this.identify(part)) : undefined;
  }

  #examine(text: string): Statement {
    const skeleton = skeletonOf(text);
    const known = this.#bySkeleton.get(skeleton);
    if (known) return known;
    const parsed = this.#parser.parse(text);
    if (parsed === undefined) return { fingerprint: hashSkeleton(skeleton), query: masked(text), parsed: false };
    const fingerprint = BigInt.asIntN(64, BigInt(`0x${parsed.fingerprint}`)).toString();
    const statement = { fingerprint, query: normalize(text, parsed.tokens), parsed: true };
    this.#bySkeleton.set(skeleton, statement);
    return statement;
  }
}

/** What walsenders are asked for (src/backend/replication/repl_gram.y). */
const REPLICATION = new Set(
  (
    'identify_system read_replication_slot create_replication_slot drop_replication_slot alter_replication_slot ' +
    'start_replication base_backup timeline_history upload_manifest'
  ).split(' '),
);

function masked(text: string): string {
  // Of a session that has executed none yet.
  if (text.trim() === '') return '<no statement>';
  const command = /^[\s(]*([a-z_]+)\b/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (REPLICATION.has(command)) return `<${command.toUpperCase()}>`;
  return COMMANDS.has(command) ? `<${command.toUpperCase()}, does not parse>` : '<does not parse>';
}
