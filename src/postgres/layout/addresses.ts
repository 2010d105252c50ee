/** Where the server's variables are: by their symbols, or else by what they point to. */

import { PebbleError } from '../../base/errors.ts';
import type { Layout } from './fields.ts';
import type { ServerImage } from './image.ts';
import { findBackendEntry, findProc } from './scan.ts';

export interface ServerAddresses {
  /** PGPROC *MyProc (src/backend/storage/lmgr/proc.c): null in the postmaster and the log collector. */
  readonly MyProc: number;
  /** PgBackendStatus *MyBEEntry (src/backend/utils/activity/backend_status.c). */
  readonly MyBEEntry: number;
  /** uint32 *my_wait_event_info (14 on): points into MyProc once there is one. */
  readonly my_wait_event_info?: number;
  /** BufferUsage, WalUsage (src/backend/executor/instrument.c). */
  readonly pgBufferUsage?: number;
  readonly pgWalUsage?: number;
  /** const char *debug_query_string (src/backend/tcop/postgres.c). */
  readonly debug_query_string?: number;
  /** PROC_HDR *ProcGlobal */
  readonly ProcGlobal?: number;
  /** ErrorContextCallback *error_context_stack */
  readonly error_context_stack?: number;
  /** struct Port *MyProcPort */
  readonly MyProcPort?: number;
  /** Portal ActivePortal */
  readonly ActivePortal?: number;
  /** PgAioCtl *pgaio_ctl, int MyProcNumber (18 on). */
  readonly pgaio_ctl?: number;
  readonly MyProcNumber?: number;
  /** WalSnd *MyWalSnd: null but in WAL senders. */
  readonly MyWalSnd?: number;
}

/** Found by symbol or not at all; what needs them does without, and says so. */
const OPTIONAL = [
  'my_wait_event_info',
  'pgBufferUsage',
  'pgWalUsage',
  'debug_query_string',
  'ProcGlobal',
  'error_context_stack',
  'MyProcPort',
  'ActivePortal',
  'pgaio_ctl',
  'MyProcNumber',
  'MyWalSnd',
] as const satisfies readonly (keyof ServerAddresses)[];

export function findAddresses(image: ServerImage, layout: Layout): ServerAddresses {
  const addresses: Partial<Record<keyof ServerAddresses, number>> = {};
  for (const name of OPTIONAL) {
    const address = image.symbol(name);
    if (address !== undefined) addresses[name] = address;
  }
  return {
    ...addresses,
    MyProc: image.symbol('MyProc') ?? required(image, 'MyProc', findProc(image, layout)),
    MyBEEntry: image.symbol('MyBEEntry') ?? required(image, 'MyBEEntry', findBackendEntry(image, layout)),
  };
}

/** The scan gives every address that fits; only a single one is an answer. */
function required(image: ServerImage, name: string, candidates: readonly number[]): number {
  if (candidates.length === 1) return candidates[0]!;
  throw new PebbleError('layout', {
    doing: `looking for ${name} in the PostgreSQL ${image.major} of postmaster ${image.pid}`,
    what: `its program has no such symbol, and ${candidates.length} places in its variables look like it`,
    hint: 'this build of PostgreSQL cannot be observed; please report it with its version and origin',
  });
}
