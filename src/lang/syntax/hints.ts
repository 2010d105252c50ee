/** What was probably meant where a script stops to make sense: a hint for the first syntax error. */
import type { Diagnostic, Source } from '../diagnostics/index.ts';

/** The text around an error: up to its place, and from it on. */
interface Around {
  readonly before: string;
  readonly after: string;
  readonly expected: string;
}

const LOOP = 'write for ($i : 0..10) { … }';

/** The first row that fits gives the hint. */
const ROWS: readonly ((at: Around) => string | undefined)[] = [
  ({ after, before }) => (after === '' ? unclosed(before) : undefined),
  ({ after }) => (after.startsWith("'") ? 'texts stand in double quotes: "…"' : undefined),
  ({ after }) => (after.startsWith('#') ? 'comments begin with //' : undefined),
  ({ before, after }) => (/\bfor\s*\(\s*\$?\w*\s*$/.test(before) && /^[\w=]/.test(after) ? LOOP : undefined),
  ({ before, after }) => (after.startsWith('=') ? assignment(before) : undefined),
  ({ before }) => (/\b(?:elseif|elsif|elif)\b[^;{}]*$/.test(before) ? 'write else if' : undefined),
  ({ before }) => (/\blet\s+$/.test(before) ? 'names of variables begin with $' : undefined),
  ({ before, after }) => (/^[$\w]/.test(after) ? declaration(before) : undefined),
  ({ expected, after }) =>
    expected === 'attach point' && after.startsWith('{') ? 'a body has its probe in front: BEGIN { … }' : undefined,
  ({ after }) =>
    /^(?:i?like\b|~)/.test(after) ? 'texts are compared by ==, or searched: strcontains(text, "part")' : undefined,
  ({ before, after }) =>
    /[)\w]\s+$/.test(before) && /^by\b/.test(after) ? 'the key stands in brackets: @[pid] = count()' : undefined,
  ({ before, expected }) =>
    expected === "'{'" && /\b(?:if|while)\s+[^({;][^{;]*$/.test(before)
      ? 'a condition stands in parentheses: if ($a > 1) { … }'
      : undefined,
  ({ before }) => (/\bforeach\s*\([^)]*$/.test(before) ? 'write for ($kv : @x) { … }' : undefined),
  ({ expected, after }) =>
    expected === "'{'" && /^(?:where|when|if)\b/.test(after)
      ? 'a condition stands in slashes, in front of the body: /pid == 1/ { … }'
      : undefined,
  ({ expected, after }) =>
    expected === "'{'" && /^\w/.test(after)
      ? 'what a probe does stands in braces: BEGIN { … }, after its /condition/'
      : undefined,
  ({ expected }) => (expected === 'map or range in for loop' ? LOOP : undefined),
  ({ before, after }) => (after.startsWith('(') ? method(before) : undefined),
  ({ before, expected, after }) =>
    expected === "';'" && /[\w)\]"]\s+$/.test(before) && /^[$@A-Za-z_]/.test(after)
      ? 'statements are separated by ;'
      : undefined,
];

/** The script's errors, the first with a hint if its mistake is a known one. */
export function withHint(diagnostics: readonly Diagnostic[], { text }: Source): readonly Diagnostic[] {
  const [first, ...others] = diagnostics;
  if (!first?.span || first.hints.length > 0 || !first.message.startsWith('syntax: ')) return diagnostics;
  const { start } = first.span;
  const expected = /expected (.*)$/.exec(first.message)?.[1] ?? '';
  const at = { before: text.slice(0, start), after: text.slice(start), expected };
  for (const row of ROWS) {
    const hint = row(at);
    if (hint !== undefined) return [{ ...first, hints: [hint] }, ...others];
  }
  return diagnostics;
}

/** `x = 1` and `/comm = "postgres"/` */
function assignment(before: string): string | undefined {
  if (/(?:^|[\s,}])\/[^/{};]*$/.test(before.slice(before.lastIndexOf('\n') + 1))) return 'compare by ==';
  const name = /[;{}(]\s*([A-Za-z_]\w*)\s*$/.exec(before)?.[1];
  return name && `names of variables begin with $ (for one event) or @ (kept between events): $${name} = …`;
}

/** `@x.clear()` */
function method(before: string): string | undefined {
  const map = /(@\w*)(?:\[[^\]]*\])?\.\w+\s*$/.exec(before)?.[1];
  return map && `maps have no methods: clear(${map}), delete(${map}, key), len(${map}), print(${map})`;
}

/** `int $x`, `String s` */
function declaration(before: string): string | undefined {
  return /[;{]\s*(?:(?:unsigned|const|char|int|long|string|String|bool|var|auto)\s*\*?\s*)+$/.test(before)
    ? 'variables are declared by their first value, or by let $name : type;'
    : undefined;
}

const TOKENS = /\/\/.*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\])*("|$)|[{}]/g;

/** Where the text ends too early: what is still open, by its line. */
function unclosed(text: string): string | undefined {
  const open: number[] = [];
  for (const { 0: token, 1: quote, index } of text.matchAll(TOKENS)) {
    if (token.startsWith('"') && quote === '')
      return `the text that begins in line ${lineOf(text, index)} has no closing "`;
    if (token === '{') open.push(index);
    if (token === '}' && open.pop() === undefined) return `the } in line ${lineOf(text, index)} closes nothing`;
  }
  const last = open.at(-1);
  return last === undefined ? undefined : `the { in line ${lineOf(text, last)} is not closed: a } is missing`;
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
