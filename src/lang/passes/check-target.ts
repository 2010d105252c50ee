/** Refuses builtins that the target does not have, and warns of comparisons with texts that a builtin never gives. */
import { type Diagnostics, didYouMean } from '../diagnostics/index.ts';
import type { TargetProvider, TextTable } from '../host.ts';
import { type FieldAccess, type Node, type Program, walk } from '../syntax/index.ts';

export const isFieldOf = (node: Node, name: string): node is FieldAccess =>
  node.kind === 'field' && node.object.kind === 'identifier' && node.object.name === name;

export function checkFields(
  program: Program,
  target: TargetProvider,
  texts: readonly TextTable[],
  diagnostics: Diagnostics,
): void {
  walk(program, (node) => {
    if (isFieldOf(node, target.name)) checkName(node, target, diagnostics);
    else if (node.kind === 'binary' && (node.operator === '==' || node.operator === '!=')) {
      checkText(node.left, node.right, target, texts, diagnostics);
      checkText(node.right, node.left, target, texts, diagnostics);
    }
  });
}

function checkName({ name, nameSpan }: FieldAccess, target: TargetProvider, diagnostics: Diagnostics): void {
  const names = target.fields.map((field) => field.name);
  if (names.includes(name)) return;
  const instead = target.elsewhere?.[name];
  const hint = instead ? `write ${instead}` : (didYouMean(name, names) ?? `it has ${names.join(', ')}`);
  diagnostics.error(nameSpan, `${target.name} has no ${name}`, { hints: [hint] });
}

/** `pg.wait_event == "IO"` is true of no process: that is a type. */
function checkText(
  field: Node,
  text: Node,
  { name: target }: TargetProvider,
  tables: readonly TextTable[],
  diagnostics: Diagnostics,
): void {
  if (!isFieldOf(field, target) || text.kind !== 'string') return;
  const own = tables.filter((table) => table.field === field.name);
  const isAmong = ({ rows, unknown }: TextTable): boolean => rows.includes(text.value) || unknown === text.value;
  if (own.length === 0 || own.some(isAmong)) return;
  const other = tables.find((table) => table.field && isAmong(table));
  const near = didYouMean(
    text.value,
    own.flatMap(({ rows }) => rows),
  );
  const hint = other ? `it is one of ${target}.${other.field}` : near;
  diagnostics.warning(text.span, `${target}.${field.name} is never "${text.value}"`, { hints: hint ? [hint] : [] });
}
