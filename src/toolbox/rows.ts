/** Which rows a tool prints as JSON: what its script emits and what its maps hold, without running it. */
import type { CompiledScript, ScriptEvent, ScriptMap } from '../lang/index.ts';

export interface RowKind {
  /** The event's name; without, a map's entries. */
  readonly event: string | undefined;
  /** Besides those of every row: ROW_FIELDS. */
  readonly fields: readonly string[];
}

/** What a tool only remembers: from one event to the next. */
export const isState = (map: string): boolean => map.startsWith('@_');

/** Of every tool's rows (json-rows.ts). */
export const ROW_FIELDS = ['tool', 'window_start', 'window_us', 'coverage', 'dropped'] as const;

export function rowKinds({ events, maps, collection }: CompiledScript): RowKind[] {
  const tasks = new Set(collection.maps.filter(({ type }) => type === 'task_storage').map(({ name }) => name));
  const isPrinted = ({ name, spec }: ScriptMap) => !isState(name) && !tasks.has(spec);
  const kinds = [
    ...events.flatMap(ofEvent),
    ...maps.filter(isPrinted).map((map) => ({ event: undefined, fields: ofMap(map) })),
  ];
  return [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()];
}

/** Whose output is a text. */
const TEXTS: readonly ScriptEvent['kind'][] = ['printf', 'system', 'cat'];

function ofEvent(event: ScriptEvent): RowKind[] {
  if (TEXTS.includes(event.kind)) return [{ event: undefined, fields: ['text'] }];
  if (event.kind !== 'emit') return [];
  const { value } = event.shape.fields;
  return [
    { event: event.name, fields: ['event', ...(value?.kind === 'record' ? Object.keys(value.fields) : ['value'])] },
  ];
}

function ofMap({ name, key, value }: ScriptMap): string[] {
  return [...(key === undefined ? [] : namesIn(key, 'key')), ...namesIn(value, name.slice(1) || 'value')];
}

const namesIn = (type: ScriptMap['value'], otherwise: string): string[] =>
  type.kind === 'record' ? type.fields.map(({ name }) => name) : [otherwise];
