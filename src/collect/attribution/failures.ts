/** Failed executions by SQLSTATE, as the program counts them (resources.bt). */
import type { Engine } from './engine.ts';

export interface Failure {
  readonly slot: number;
  /** Which statement of a string of several; absent where it is the only one. */
  readonly part: number | undefined;
  /** Empty where it is not known. */
  readonly sqlstate: string;
  readonly count: number;
}

/** In place of a statement's number in its string. */
const WHOLE = 0xffffffff;

export function readFailures(engine: Engine, onFailure: (failure: Failure) => void): void {
  if (!engine.hasMap('@failures')) return;
  engine.counters('@failures').read((key, offset, row) => {
    const part = key.getUint32(offset + 4, true);
    onFailure({
      slot: key.getUint32(offset, true),
      part: part === WHOLE ? undefined : part,
      sqlstate: sqlstateOf(key.getUint32(offset + 8, true)),
      count: row[0]!,
    });
  });
}

/** Five characters of six bits each, the first lowest (MAKE_SQLSTATE of utils/elog.h). */
const sqlstateOf = (packed: number): string =>
  packed === 0 ? '' : String.fromCharCode(...[0, 6, 12, 18, 24].map((shift) => ((packed >> shift) & 63) + 48));
