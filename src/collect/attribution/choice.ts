/** Which sessions and statements the kernel counts where not all are asked for, in the words of choice.bt. */
import type { KernelChoice } from './records.ts';

export interface StatementChoice {
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  /** As rows have it: decimal. What is a fingerprint is no concern of the kernel, which has texts only. */
  readonly queryId?: string | undefined;
}

/** Slot of records.bt for what was not chosen. */
export const PASSED = 0x20000000;
/** NAMEDATALEN. */
const NAME_BYTES = 64;

/** Nothing where everything is counted. */
export function kernelChoice({ database, user, queryId }: StatementChoice): KernelChoice | undefined {
  const id = queryIdOf(queryId);
  if (database === undefined && user === undefined && id === undefined) return undefined;
  return {
    query_id: id ?? 0n,
    by_query_id: Number(id !== undefined),
    by_database: Number(database !== undefined),
    by_user: Number(user !== undefined),
    pad: 0,
    database: nameOf(database),
    user: nameOf(user),
  };
}

function queryIdOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) return undefined;
  const id = BigInt(text);
  return BigInt.asIntN(64, id) === id ? id : undefined;
}

function nameOf(name = ''): KernelChoice['database'] {
  const bytes = new Uint8Array(NAME_BYTES);
  bytes.set(Buffer.from(name).subarray(0, NAME_BYTES - 1));
  return { bytes: [...bytes] };
}
