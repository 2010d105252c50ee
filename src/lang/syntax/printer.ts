/** Writes a syntax tree as source text: one statement a line, two blanks a level, parentheses only where needed. */
import { type Span, spanText } from '../diagnostics/index.ts';
import type {
  AttachPoint,
  Block,
  Config,
  CSource,
  Expression,
  If,
  Import,
  Kind,
  Macro,
  MapDeclaration,
  Node,
  NodeOf,
  Probe,
  Program,
  Statement,
  Subprogram,
} from './ast.ts';
import { precedenceOf } from './operators.ts';
import { commentText, Trivia } from './trivia.ts';

const INDENT = '  ';

/** Where a node is printed. */
interface Layout {
  /** Starts continuation lines. */
  readonly indent: string;
  /** Comments and blank lines to print with it. */
  readonly trivia?: Trivia;
}

const TOP: Layout = { indent: '' };

function deeper(layout: Layout): Layout {
  return { ...layout, indent: layout.indent + INDENT };
}

/** The tree as text. */
export function printProgram(program: Program): string {
  return printItems(program, TOP);
}

/** The script in the one form that all scripts should have; its comments and single blank lines stay. */
export function formatProgram(program: Program): string {
  return printItems(program, { ...TOP, trivia: new Trivia(program) });
}

/** One node as text. */
export function print(node: Node, layout: Layout = TOP): string {
  return (PRINT[node.kind] as (node: Node, layout: Layout) => string)(node, layout);
}

const PRINT: { readonly [K in Kind]: (node: NodeOf<K>, layout: Layout) => string } = {
  program: printProgram,
  import: (node) => `import ${quote(node.path)}`,
  config: (node) => `config = {\n${node.entries.map((entry) => `${INDENT}${print(entry)};\n`).join('')}}`,
  'config-entry': (node) => `${node.name} = ${typeof node.value === 'string' ? quote(node.value) : node.value}`,
  macro: (node, layout) => `macro ${node.name}(${list(node.parameters, layout)}) ${printBlock(node.body, layout)}`,
  subprogram: printSubprogram,
  'subprogram-parameter': (node, layout) => `${print(node.variable)}: ${print(node.type, layout)}`,
  'map-declaration': printMapDeclaration,
  'map-field': (node, layout) => `${node.name}: ${print(node.type, layout)}${node.merge ? ` ${node.merge}` : ''}`,
  probe: printProbe,
  predicate: (node, layout) => {
    const condition = print(node.condition, layout);
    // A star after the slash would start a comment.
    return condition.startsWith('*') ? `/ ${condition}/` : `/${condition}/`;
  },
  'attach-point': printAttachPoint,

  'expression-statement': (node, layout) => print(node.expression, layout),
  let: (node, layout) =>
    `let ${node.variable.name}${node.type ? `: ${print(node.type, layout)}` : ''}` +
    `${node.value ? ` = ${print(node.value, layout)}` : ''}`,
  assign: (node, layout) => `${print(node.target, layout)} ${node.operator ?? ''}= ${print(node.value, layout)}`,
  discard: (node, layout) => `_ = ${print(node.value, layout)}`,
  while: (node, layout) => `while (${print(node.condition, layout)}) ${printBlock(node.body, layout)}`,
  unroll: (node, layout) => `unroll (${print(node.count, layout)}) ${printBlock(node.body, layout)}`,
  for: (node, layout) => `for (${node.variable.name} : ${print(node.over, layout)}) ${printBlock(node.body, layout)}`,
  range: (node, layout) => `${printPrimary(node.from, layout)}..${printPrimary(node.to, layout)}`,
  break: () => 'break',
  continue: () => 'continue',
  return: (node, layout) => (node.value ? `return ${print(node.value, layout)}` : 'return'),

  integer: (node) => node.text ?? String(node.value),
  boolean: (node) => String(node.value),
  string: (node) => quote(node.value),
  identifier: (node) => node.name,
  builtin: (node) => node.name,
  'positional-parameter': (node) => `$${node.index}`,
  'positional-count': () => '$#',
  variable: (node) => node.name,
  map: (node) => node.name,
  'map-access': (node, layout) => {
    const keys = node.key.kind === 'tuple' && node.key.items.length > 1 ? node.key.items : [node.key];
    return `${node.map.name}[${list(keys, layout)}]`;
  },
  'address-of': (node, layout) => `&${print(node.of, layout)}`,
  call: (node, layout) => `${node.name}(${list(node.arguments, layout)})`,
  sizeof: (node, layout) => `sizeof(${print(node.of, layout)})`,
  offsetof: (node, layout) => `offsetof(${print(node.of, layout)}, ${node.path.join('.')})`,
  typeinfo: (node, layout) => `typeinfo(${print(node.of, layout)})`,
  comptime: (node, layout) => `comptime ${printUnary(node.expression, layout)}`,
  field: (node, layout) => `${printPostfix(node.object, layout)}${node.arrow ? '->' : '.'}${node.name}`,
  'tuple-access': (node, layout) => `${printPostfix(node.object, layout)}.${node.index}`,
  index: (node, layout) => `${printPostfix(node.object, layout)}[${print(node.index, layout)}]`,
  cast: (node, layout) => `(${print(node.type, layout)})${printUnary(node.value, layout)}`,
  unary: (node, layout) => {
    const operand = printUnary(node.operand, layout);
    return `${node.operator}${operand.startsWith(node.operator) ? ' ' : ''}${operand}`;
  },
  increment: (node, layout) => {
    const target = print(node.target, layout);
    return node.prefix ? `${node.operator}${target}` : `${target}${node.operator}`;
  },
  binary: (node, layout) => {
    const precedence = precedenceOf(node.operator);
    const left = printOperand(node.left, precedence, layout);
    return `${left} ${node.operator} ${printOperand(node.right, precedence + 1, layout)}`;
  },
  if: printIf,
  block: printBlock,
  tuple: (node, layout) => `(${list(node.items, layout)}${node.items.length === 1 ? ',' : ''})`,
  record: (node, layout) => `(${list(node.fields, layout)})`,
  'record-field': (node, layout) => `${node.name}=${print(node.value, layout)}`,

  'named-type': (node) => node.name,
  'tagged-type': (node) => `${node.tag} ${node.name}`,
  'pointer-type': (node, layout) => `${print(node.to, layout)}*`,
  'array-type': (node, layout) => `${print(node.element, layout)}[${node.length ?? ''}]`,
  'typeof-type': (node, layout) => `typeof(${print(node.of, layout)})`,

  'c-source': (node) => node.text,
  'c-define': (node) => {
    const parameters = node.parameters ? `(${node.parameters.join(', ')})` : '';
    return `#define ${node.name}${parameters} ${node.text}`.trimEnd();
  },
  'c-include': (node) => (node.system ? `#include <${node.path}>` : `#include "${node.path}"`),
  'c-record': (node, layout) => {
    const inner = deeper(layout);
    const fields = node.fields.map((field) => `${inner.indent}${print(field, inner)};\n`).join('');
    const attributes = [...(node.packed ? ['packed'] : []), ...(node.aligned ? [`aligned(${node.aligned})`] : [])];
    const suffix = attributes.length > 0 ? ` __attribute__((${attributes.join(', ')}))` : '';
    return `${node.tag} ${node.name ? `${node.name} ` : ''}{\n${fields}${layout.indent}}${suffix}`;
  },
  'c-field': (node, layout) =>
    declare(node.type, node.name ?? '', layout) +
    (node.bits === undefined ? '' : ` : ${node.bits}`) +
    (node.aligned === undefined ? '' : ` __attribute__((aligned(${node.aligned})))`),
  'c-enum': (node, layout) => {
    const inner = deeper(layout);
    const members = node.members.map((member) => `${inner.indent}${print(member)},\n`).join('');
    return `enum ${node.name ? `${node.name} ` : ''}{\n${members}${layout.indent}}`;
  },
  'c-enum-member': (node) => `${node.name} = ${node.value}`,
  'c-typedef': (node, layout) => `typedef ${declare(node.type, node.name, layout)}`,
  'c-base': (node) => node.name,
  'c-reference': (node) => `${node.tag} ${node.name}`,
  'c-pointer': (node, layout) => declare(node, '', layout),
  'c-array': (node, layout) => declare(node, '', layout),
  'c-function': (node, layout) => declare(node, '', layout),
};

// Top level

type Item = CSource | Config | Import | MapDeclaration | Macro | Subprogram | Probe;

/** Items of one line each, which need no blank line between them. */
const ONE_LINE: ReadonlySet<Kind> = new Set(['c-source', 'import', 'map-declaration']);

function printItems(program: Program, layout: Layout): string {
  const { trivia } = layout;
  let text = program.header === undefined ? '' : `${program.header.trimEnd()}\n`;
  let previous: Item | undefined;
  let end = program.header?.length ?? 0;
  for (const item of itemsOf(program)) {
    const comments = trivia?.before(item.span.start) ?? [];
    const [first = item.span] = comments;
    const close = previous && ONE_LINE.has(previous.kind) && previous.kind === item.kind;
    if (previous && !(close && !trivia?.hasBlankLine(end, first.start))) text += '\n';
    text += printComments([...comments, item.span], layout);
    text += printItem(item, layout);
    end = 'body' in item ? item.body.span.end : item.span.end;
    const comment = trivia?.sameLine(end);
    text += comment ? ` ${commentText(comment, '')}\n` : '\n';
    end = comment?.end ?? end;
    previous = item;
  }
  const rest = trivia?.before(Number.POSITIVE_INFINITY) ?? [];
  if (rest.length > 0 && previous) text += '\n';
  return text === '' && rest.length === 0 ? '\n' : text + printComments(rest, layout);
}

/** In the order of the text; what other texts brought in comes in the order of the lists. */
function itemsOf(program: Program): Item[] {
  const { cSources, config, imports, maps, macros, functions, probes } = program;
  const items: Item[] = [
    ...cSources,
    ...(config ? [config] : []),
    ...imports,
    ...maps,
    ...macros,
    ...functions,
    ...probes,
  ];
  const isOwn = ({ span }: Item) => span.source === program.span.source && !span.via;
  return items.every(isOwn) ? items.sort((a, b) => a.span.start - b.span.start) : items;
}

function printItem(item: Item, layout: Layout): string {
  return item.kind === 'import' ? `${print(item, layout)};` : print(item, layout);
}

/** Comments on lines of their own, with the blank lines that follow them; the last span is only what comes next, if it is no comment. */
function printComments(spans: readonly Span[], { indent, trivia }: Layout): string {
  let text = '';
  for (const [i, span] of spans.entries()) {
    if (!/^\/[/*]/.test(spanText(span)) || !trivia) break;
    text += `${indent}${commentText(span, indent)}\n`;
    const next = spans[i + 1];
    if (next && trivia.hasBlankLine(span.end, next.start)) text += '\n';
  }
  return text;
}

function printSubprogram(node: Subprogram, layout: Layout): string {
  const parameters = list(node.parameters, layout);
  return `fn ${node.name}(${parameters}) : ${print(node.returns, layout)} ${printBlock(node.body, layout)}`;
}

function printMapDeclaration(node: MapDeclaration, layout: Layout): string {
  const fields = node.fields ? ` : { ${list(node.fields, layout)} }` : '';
  const value = node.value ? ` : ${print(node.value, layout)}` : '';
  return `let ${node.name}${fields}${value} = ${node.type}(${node.maxEntries ?? ''});`;
}

function printProbe(node: Probe, layout: Layout): string {
  const attachPoints = node.attachPoints.map(printAttachPoint).join(',\n');
  const predicate = node.predicate ? `\n${print(node.predicate, layout)}\n` : ' ';
  return `${attachPoints}${predicate}${printBlock(node.body, layout)}`;
}

function printAttachPoint(node: AttachPoint): string {
  return node.name === undefined ? node.raw : `${node.name}=${node.raw}`;
}

// Blocks

function printBlock(node: Block, layout: Layout): string {
  const inner = deeper(layout);
  const { trivia } = layout;
  const parts: (Statement | Expression)[] = [...node.statements, ...(node.value ? [node.value] : [])];
  let text = '';
  let end = node.span.start + 1;
  for (const part of parts) {
    const comments = trivia?.before(part.span.start) ?? [];
    const [first = part.span] = comments;
    if (text !== '' && trivia?.hasBlankLine(end, first.start)) text += '\n';
    text += printComments([...comments, part.span], inner);
    text += inner.indent + (part === node.value ? print(part, inner) : printStatement(part as Statement, inner));
    if (part === node.statements.at(-1) && !node.value && endsWithValue(part)) text += ';';
    const comment = trivia?.sameLine(part.span.end);
    text += comment ? ` ${commentText(comment, inner.indent)}\n` : '\n';
    end = comment?.end ?? part.span.end;
  }
  const rest = trivia?.before(node.span.end) ?? [];
  text += printComments(rest, inner);
  return text === '' ? '{}' : `{\n${text}${layout.indent}}`;
}

function printStatement(node: Statement, layout: Layout): string {
  const text = print(node, layout);
  return endsWithBlock(node) ? text : `${text};`;
}

function endsWithBlock(node: Statement): boolean {
  if (node.kind === 'while' || node.kind === 'unroll' || node.kind === 'for') return true;
  if (node.kind !== 'expression-statement') return false;
  const { expression } = node;
  return expression.kind === 'block' || (expression.kind === 'if' && expression.form === 'if');
}

/** Without a semicolon this last statement would be the block's value. */
function endsWithValue(node: Statement | Expression): boolean {
  if (node.kind === 'expression-statement') return endsWithBlock(node) && endsWithValue(node.expression);
  if (node.kind === 'if') return endsWithValue(node.then) || (node.else !== undefined && endsWithValue(node.else));
  return node.kind === 'block' && node.value !== undefined;
}

function printIf(node: If, layout: Layout): string {
  const otherwise = node.else;
  if (node.form === 'if') {
    const head = `if (${print(node.condition, layout)}) ${print(node.then, layout)}`;
    return otherwise ? `${head} else ${print(otherwise, layout)}` : head;
  }
  const condition = printOperand(node.condition, 1, layout);
  const last = otherwise ? print(otherwise, layout) : '';
  return node.form === 'short' ? `${condition} ?: ${last}` : `${condition} ? ${print(node.then, layout)} : ${last}`;
}

// Expressions in parentheses where their place binds tighter than they do

const UNARY_PRECEDENCE = 11;
const POSTFIX_PRECEDENCE = 12;
const PRIMARY_PRECEDENCE = 13;

const LOOSE: { readonly [K in Kind]?: number } = {
  comptime: UNARY_PRECEDENCE,
  unary: UNARY_PRECEDENCE,
  'address-of': UNARY_PRECEDENCE,
  cast: UNARY_PRECEDENCE,
  field: POSTFIX_PRECEDENCE,
  'tuple-access': POSTFIX_PRECEDENCE,
  index: POSTFIX_PRECEDENCE,
  increment: POSTFIX_PRECEDENCE,
};

function bindingOf(node: Expression): number {
  if (node.kind === 'if' && node.form !== 'if') return 0;
  if (node.kind === 'binary') return precedenceOf(node.operator);
  if (node.kind === 'increment' && node.prefix) return UNARY_PRECEDENCE;
  if (node.kind === 'integer' && node.value < 0n) return UNARY_PRECEDENCE;
  return LOOSE[node.kind] ?? PRIMARY_PRECEDENCE;
}

function printOperand(node: Expression, least: number, layout: Layout): string {
  const text = print(node, layout);
  return bindingOf(node) < least ? `(${text})` : text;
}

function printUnary(node: Expression, layout: Layout): string {
  return printOperand(node, UNARY_PRECEDENCE, layout);
}
function printPostfix(node: Expression, layout: Layout): string {
  return printOperand(node, POSTFIX_PRECEDENCE, layout);
}
function printPrimary(node: Expression, layout: Layout): string {
  return printOperand(node, PRIMARY_PRECEDENCE, layout);
}

// C declarators

/** A C declaration of `name`: the type is written around it. */
function declare(type: Node, name: string, layout: Layout): string {
  switch (type.kind) {
    case 'c-pointer':
      return declare(
        type.to,
        type.to.kind === 'c-array' || type.to.kind === 'c-function' ? `(*${name})` : `*${name}`,
        layout,
      );
    case 'c-array':
      return declare(type.element, `${name}[${type.length || ''}]`, layout);
    case 'c-function':
      return `void ${name}()`;
    default:
      return name === '' ? print(type, layout) : `${print(type, layout)} ${name}`;
  }
}

// Text

function list(nodes: readonly Node[], layout: Layout): string {
  return nodes.map((node) => print(node, layout)).join(', ');
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' };

/** A literal of the bytes: readable where they are UTF-8, else every byte above ASCII escaped. */
function quote(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  const readable = Buffer.from(text).toString('latin1') === bytes ? text : bytes;
  const unsafe = readable === bytes ? /[^ -~]|["\\]/g : /[^ -~\u0080-\u{10ffff}]|["\\]/gu;
  return `"${readable.replace(unsafe, (char) => ESCAPES[char] ?? octal(char))}"`;
}

/** Always three digits, so that a digit may follow. */
function octal(char: string): string {
  return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
