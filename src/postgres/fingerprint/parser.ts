/** PostgreSQL's own parser, as libpg-query packs it into WebAssembly: 1.7 MB, loaded when first needed (30 ms, 15 MB). */

type Library = typeof import('libpg-query');
export type Token = ReturnType<Library['scanSync']>['tokens'][number];

export interface ParsedStatement {
  /** 64 bits, in hexadecimal. */
  readonly fingerprint: string;
  /** Start and end count bytes of UTF-8. */
  readonly tokens: readonly Token[];
}

/** Longer texts take long to parse, and deep ones exhaust the stack inside of WebAssembly. */
const LONGEST = 100_000;
/** PostgreSQL's lexer takes time with the square of their nesting: 6 s for 40,000. */
const MOST_COMMENTS = 100;
const RELOAD_AFTER_MS = 1_000;

export class Parser {
  #library: Library | undefined;
  #loadedAt = 0;
  #generation = 0;

  static async load(): Promise<Parser> {
    const parser = new Parser();
    await parser.#load();
    return parser;
  }

  /** Undefined for what does not parse, whatever the reason. */
  parse(text: string): ParsedStatement | undefined {
    const library = this.#library;
    if (library === undefined || isTooMuch(text)) return undefined;
    try {
      const fingerprint = library.fingerprintSync(text);
      if (!/^[0-9a-f]{16}$/.test(fingerprint)) return undefined; // it takes some errors' messages for fingerprints
      return { fingerprint, tokens: library.scanSync(text).tokens };
    } catch (error) {
      if (isOverflow(error)) this.#discard();
      return undefined;
    }
  }

  /** The texts of the statements that these are; undefined for what does not parse. */
  split(text: string): string[] | undefined {
    const library = this.#library;
    if (library === undefined || isTooMuch(text)) return undefined;
    try {
      const bytes = Buffer.from(text);
      return (library.parseSync(text).stmts ?? []).map(({ stmt_location: start = 0, stmt_len: length = 0 }) =>
        bytes.toString('utf8', start, length > 0 ? start + length : bytes.length).trim(),
      );
    } catch (error) {
      if (isOverflow(error)) this.#discard();
      return undefined;
    }
  }

  /** After an overflow the instance's own stack pointer is wrong: only a fresh instance is safe. Not more than one a second. */
  #discard(): void {
    this.#library = undefined;
    const wait = Math.max(0, this.#loadedAt + RELOAD_AFTER_MS - Date.now());
    setTimeout(() => void this.#load(), wait).unref();
  }

  async #load(): Promise<void> {
    const url = new URL(`./index.js?${this.#generation++}`, import.meta.resolve('libpg-query'));
    const library: Library = await import(url.href);
    await library.loadModule();
    this.#loadedAt = Date.now();
    this.#library = library;
  }
}

function isTooMuch(text: string): boolean {
  return text.length > LONGEST || text.split('/*').length > MOST_COMMENTS;
}

/** RangeError: JavaScript's stack; WebAssembly.RuntimeError: the module's own, or an abort. */
function isOverflow(error: unknown): boolean {
  return error instanceof Error && ['RangeError', 'RuntimeError'].includes(error.name);
}
