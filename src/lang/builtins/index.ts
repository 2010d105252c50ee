/** The tables of builtins, functions and aggregates in one: what the language knows by name. */
import type { TextTable } from '../host.ts';
import type { AggregateRow, BuiltinRow, FunctionRow, LoweringLibrary } from '../lower/rows.ts';
import { AGGREGATES } from './aggregates.ts';
import { EMIT } from './emit.ts';
import { EXPONENTIAL } from './exponential.ts';
import { KERNEL } from './kernel.ts';
import { MAPS } from './maps.ts';
import { MEMORY } from './memory.ts';
import { META } from './meta.ts';
import { NAMES, tableFunction } from './names.ts';
import { NETWORK } from './network.ts';
import { OUTPUT } from './output.ts';
import { PATHS } from './path.ts';
import { argRow, PROBE, PROBE_FUNCTIONS } from './probe.ts';
import { PROCESS, PROCESS_FUNCTIONS } from './process.ts';
import { RATE_LIMITS } from './rate-limit.ts';
import { SEARCH } from './search.ts';
import { STACK_BUILTINS, STACK_FUNCTIONS } from './stacks.ts';
import { TASK } from './task.ts';
import { TEXT } from './text.ts';
import { TIME_BUILTINS, TIME_FUNCTIONS } from './time.ts';

const byName = <T extends { readonly name: string }>(...tables: readonly (readonly T[])[]): Map<string, T> =>
  new Map(tables.flat().map((row) => [row.name, row]));

/** The standard library spells some builtins with a prefix. */
const PREFIX = '__builtin_';
const plain = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);

/** Others are calls that the compiler writes itself. */
const isPublic = (name: string): boolean => !name.startsWith('__');

export function createLibrary(
  texts: readonly TextTable[] = [],
): LoweringLibrary & { rows(): (BuiltinRow | FunctionRow | AggregateRow)[] } {
  const builtins = byName<BuiltinRow>(PROCESS, TASK, TIME_BUILTINS, PROBE, STACK_BUILTINS);
  const functions = byName<FunctionRow>(
    TEXT,
    SEARCH,
    NETWORK,
    KERNEL,
    NAMES,
    PROCESS_FUNCTIONS,
    TIME_FUNCTIONS,
    OUTPUT,
    MAPS,
    META,
    MEMORY,
    STACK_FUNCTIONS,
    EMIT,
    EXPONENTIAL,
    RATE_LIMITS,
    PATHS,
    PROBE_FUNCTIONS,
    texts.map(tableFunction),
  );
  const aggregates = byName<AggregateRow>(AGGREGATES);
  return {
    builtin: (name) => builtins.get(plain(name)) ?? argRow(plain(name)),
    function: (name) => functions.get(plain(name)),
    aggregate: (name) => aggregates.get(name),
    names: () => [...builtins.keys(), ...functions.keys(), ...aggregates.keys()].filter(isPublic),
    rows: () =>
      [...builtins.values(), ...functions.values(), ...aggregates.values()].filter(({ name }) => isPublic(name)),
  };
}
