/** One run of a script: what its parts share. */
import type { Collection } from '../bpf/index.ts';
import type { CompiledScript, ScriptMap } from '../lang/script.ts';
import type { ReadContext } from './format/read-value.ts';
import type { RunOutput } from './output.ts';

export interface Session {
  readonly script: CompiledScript;
  readonly collection: Collection;
  readonly output: RunOutput;
  readonly context: ReadContext;
  mapNamed(name: string): ScriptMap;
  /** exit(): what comes after it is not handled any more. */
  exit(code: number): void;
  /** Ends the watchpoints at the address. */
  unwatch(address: bigint): void;
}
