/** Writes a syntax tree as source text: one statement a line, two blanks a level, parentheses only where needed. */
import type {
  AttachPoint,
  Block,
  Expression,
  If,
  Kind,
  MapDeclaration,
  Node,
  NodeOf,
  Probe,
  Program,
  Statement,
  Subprogram,
} from './ast.ts';
import { precedenceOf } from './expressions.ts';

const INDENT = '  ';

export function printProgram(program: Program): string {
  const sections = [
    program.cSources.map((source) => source.text).join('\n'),
    program.config ? print(program.config) : '',
    program.imports.map((one) => `${print(one)};`).join('\n'),
    program.maps.map((one) => print(one)).join('\n'),
    ...[...program.macros, ...program.functions, ...program.probes].map((one) => print(one)),
  ];
  const header = program.header === undefined ? '' : `${program.header.trimEnd()}\n`;
  return `${header}${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** One node as text; continuation lines start with `indent`. */
export function print(node: Node, indent = ''): string {
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
  predicate: (node, layout) => `/${print(node.condition, layout)}/`,
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
  'address-of': (node) => `&${node.of.name}`,
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
    const fields = node.fields.map((field) => `${indent}${INDENT}${print(field, indent + INDENT)};\n`).join('');
    const attributes = [...(node.packed ? ['packed'] : []), ...(node.aligned ? [`aligned(${node.aligned})`] : [])];
    const suffix = attributes.length > 0 ? ` __attribute__((${attributes.join(', ')}))` : '';
    return `${node.tag} ${node.name ? `${node.name} ` : ''}{\n${fields}${indent}}${suffix}`;
  },
  'c-field': (node, layout) =>
    declare(node.type, node.name ?? '', layout) +
    (node.bits === undefined ? '' : ` : ${node.bits}`) +
    (node.aligned === undefined ? '' : ` __attribute__((aligned(${node.aligned})))`),
  'c-enum': (node, layout) => {
    const members = node.members.map((member) => `${indent}${INDENT}${print(member)},\n`).join('');
    return `enum ${node.name ? `${node.name} ` : ''}{\n${members}${indent}}`;
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
  const inner = indent + INDENT;
  const lines = node.statements.map((statement) => `${inner}${printStatement(statement, inner)}\n`);
  if (node.value) lines.push(`${inner}${print(node.value, inner)}\n`);
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
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
        indent,
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
