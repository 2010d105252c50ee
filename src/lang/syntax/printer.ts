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
  return (PRINT[node.kind] as (node: Node, indent: string) => string)(node, indent);
}

const PRINT: { readonly [K in Kind]: (node: NodeOf<K>, indent: string) => string } = {
  program: printProgram,
  import: (node) => `import ${quote(node.path)}`,
  config: (node) => `config = {\n${node.entries.map((entry) => `${INDENT}${print(entry)};\n`).join('')}}`,
  'config-entry': (node) => `${node.name} = ${typeof node.value === 'string' ? quote(node.value) : node.value}`,
  macro: (node, indent) => `macro ${node.name}(${list(node.parameters, indent)}) ${printBlock(node.body, indent)}`,
  subprogram: printSubprogram,
  'subprogram-parameter': (node, indent) => `${print(node.variable)}: ${print(node.type, indent)}`,
  'map-declaration': printMapDeclaration,
  'map-field': (node, indent) => `${node.name}: ${print(node.type, indent)}${node.merge ? ` ${node.merge}` : ''}`,
  probe: printProbe,
  predicate: (node, indent) => `/${print(node.condition, indent)}/`,
  'attach-point': printAttachPoint,

  'expression-statement': (node, indent) => print(node.expression, indent),
  let: (node, indent) =>
    `let ${node.variable.name}${node.type ? `: ${print(node.type, indent)}` : ''}` +
    `${node.value ? ` = ${print(node.value, indent)}` : ''}`,
  assign: (node, indent) => `${print(node.target, indent)} ${node.operator ?? ''}= ${print(node.value, indent)}`,
  discard: (node, indent) => `_ = ${print(node.value, indent)}`,
  while: (node, indent) => `while (${print(node.condition, indent)}) ${printBlock(node.body, indent)}`,
  unroll: (node, indent) => `unroll (${print(node.count, indent)}) ${printBlock(node.body, indent)}`,
  for: (node, indent) => `for (${node.variable.name} : ${print(node.over, indent)}) ${printBlock(node.body, indent)}`,
  range: (node, indent) => `${printPrimary(node.from, indent)}..${printPrimary(node.to, indent)}`,
  break: () => 'break',
  continue: () => 'continue',
  return: (node, indent) => (node.value ? `return ${print(node.value, indent)}` : 'return'),

  integer: (node) => node.text ?? String(node.value),
  boolean: (node) => String(node.value),
  string: (node) => quote(node.value),
  identifier: (node) => node.name,
  builtin: (node) => node.name,
  'positional-parameter': (node) => `$${node.index}`,
  'positional-count': () => '$#',
  variable: (node) => node.name,
  map: (node) => node.name,
  'map-access': (node, indent) => {
    const keys = node.key.kind === 'tuple' && node.key.items.length > 1 ? node.key.items : [node.key];
    return `${node.map.name}[${list(keys, indent)}]`;
  },
  'address-of': (node) => `&${node.of.name}`,
  call: (node, indent) => `${node.name}(${list(node.arguments, indent)})`,
  sizeof: (node, indent) => `sizeof(${print(node.of, indent)})`,
  offsetof: (node, indent) => `offsetof(${print(node.of, indent)}, ${node.path.join('.')})`,
  typeinfo: (node, indent) => `typeinfo(${print(node.of, indent)})`,
  comptime: (node, indent) => `comptime ${printUnary(node.expression, indent)}`,
  field: (node, indent) => `${printPostfix(node.object, indent)}${node.arrow ? '->' : '.'}${node.name}`,
  'tuple-access': (node, indent) => `${printPostfix(node.object, indent)}.${node.index}`,
  index: (node, indent) => `${printPostfix(node.object, indent)}[${print(node.index, indent)}]`,
  cast: (node, indent) => `(${print(node.type, indent)})${printUnary(node.value, indent)}`,
  unary: (node, indent) => {
    const operand = printUnary(node.operand, indent);
    return `${node.operator}${operand.startsWith(node.operator) ? ' ' : ''}${operand}`;
  },
  increment: (node, indent) => {
    const target = print(node.target, indent);
    return node.prefix ? `${node.operator}${target}` : `${target}${node.operator}`;
  },
  binary: (node, indent) => {
    const precedence = precedenceOf(node.operator);
    const left = printOperand(node.left, precedence, indent);
    return `${left} ${node.operator} ${printOperand(node.right, precedence + 1, indent)}`;
  },
  if: printIf,
  block: printBlock,
  tuple: (node, indent) => `(${list(node.items, indent)}${node.items.length === 1 ? ',' : ''})`,
  record: (node, indent) => `(${list(node.fields, indent)})`,
  'record-field': (node, indent) => `${node.name}=${print(node.value, indent)}`,

  'named-type': (node) => node.name,
  'tagged-type': (node) => `${node.tag} ${node.name}`,
  'pointer-type': (node, indent) => `${print(node.to, indent)}*`,
  'array-type': (node, indent) => `${print(node.element, indent)}[${node.length ?? ''}]`,
  'typeof-type': (node, indent) => `typeof(${print(node.of, indent)})`,

  'c-source': (node) => node.text,
  'c-define': (node) => {
    const parameters = node.parameters ? `(${node.parameters.join(', ')})` : '';
    return `#define ${node.name}${parameters} ${node.text}`.trimEnd();
  },
  'c-include': (node) => (node.system ? `#include <${node.path}>` : `#include "${node.path}"`),
  'c-record': (node, indent) => {
    const fields = node.fields.map((field) => `${indent}${INDENT}${print(field, indent + INDENT)};\n`).join('');
    const attributes = [...(node.packed ? ['packed'] : []), ...(node.aligned ? [`aligned(${node.aligned})`] : [])];
    const suffix = attributes.length > 0 ? ` __attribute__((${attributes.join(', ')}))` : '';
    return `${node.tag} ${node.name ? `${node.name} ` : ''}{\n${fields}${indent}}${suffix}`;
  },
  'c-field': (node, indent) =>
    declare(node.type, node.name ?? '', indent) +
    (node.bits === undefined ? '' : ` : ${node.bits}`) +
    (node.aligned === undefined ? '' : ` __attribute__((aligned(${node.aligned})))`),
  'c-enum': (node, indent) => {
    const members = node.members.map((member) => `${indent}${INDENT}${print(member)},\n`).join('');
    return `enum ${node.name ? `${node.name} ` : ''}{\n${members}${indent}}`;
  },
  'c-enum-member': (node) => `${node.name} = ${node.value}`,
  'c-typedef': (node, indent) => `typedef ${declare(node.type, node.name, indent)}`,
  'c-base': (node) => node.name,
  'c-reference': (node) => `${node.tag} ${node.name}`,
  'c-pointer': (node, indent) => declare(node, '', indent),
  'c-array': (node, indent) => declare(node, '', indent),
  'c-function': (node, indent) => declare(node, '', indent),
};

// Top level

function printSubprogram(node: Subprogram, indent: string): string {
  const parameters = list(node.parameters, indent);
  return `fn ${node.name}(${parameters}) : ${print(node.returns, indent)} ${printBlock(node.body, indent)}`;
}

function printMapDeclaration(node: MapDeclaration, indent: string): string {
  const fields = node.fields ? ` : { ${list(node.fields, indent)} }` : '';
  return `let ${node.name}${fields} = ${node.type}(${node.maxEntries ?? ''});`;
}

function printProbe(node: Probe, indent: string): string {
  const attachPoints = node.attachPoints.map(printAttachPoint).join(',\n');
  const predicate = node.predicate ? `\n${print(node.predicate, indent)}\n` : ' ';
  return `${attachPoints}${predicate}${printBlock(node.body, indent)}`;
}

function printAttachPoint(node: AttachPoint): string {
  return node.name === undefined ? node.raw : `${node.name}=${node.raw}`;
}

// Blocks

function printBlock(node: Block, indent: string): string {
  const inner = indent + INDENT;
  const lines = node.statements.map((statement) => `${inner}${printStatement(statement, inner)}\n`);
  if (node.value) lines.push(`${inner}${print(node.value, inner)}\n`);
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}

function printStatement(node: Statement, indent: string): string {
  const text = print(node, indent);
  return endsWithBlock(node) ? text : `${text};`;
}

function endsWithBlock(node: Statement): boolean {
  if (node.kind === 'while' || node.kind === 'unroll' || node.kind === 'for') return true;
  if (node.kind !== 'expression-statement') return false;
  const { expression } = node;
  return expression.kind === 'block' || (expression.kind === 'if' && expression.form === 'if');
}

function printIf(node: If, indent: string): string {
  const otherwise = node.else;
  if (node.form === 'if') {
    const head = `if (${print(node.condition, indent)}) ${print(node.then, indent)}`;
    return otherwise ? `${head} else ${print(otherwise, indent)}` : head;
  }
  const condition = printOperand(node.condition, 1, indent);
  const last = otherwise ? print(otherwise, indent) : '';
  return node.form === 'short' ? `${condition} ?: ${last}` : `${condition} ? ${print(node.then, indent)} : ${last}`;
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

function printOperand(node: Expression, least: number, indent: string): string {
  const text = print(node, indent);
  return bindingOf(node) < least ? `(${text})` : text;
}

function printUnary(node: Expression, indent: string): string {
  return printOperand(node, UNARY_PRECEDENCE, indent);
}
function printPostfix(node: Expression, indent: string): string {
  return printOperand(node, POSTFIX_PRECEDENCE, indent);
}
function printPrimary(node: Expression, indent: string): string {
  return printOperand(node, PRIMARY_PRECEDENCE, indent);
}

// C declarators

/** A C declaration of `name`: the type is written around it. */
function declare(type: Node, name: string, indent: string): string {
  switch (type.kind) {
    case 'c-pointer':
      return declare(
        type.to,
        type.to.kind === 'c-array' || type.to.kind === 'c-function' ? `(*${name})` : `*${name}`,
        indent,
      );
    case 'c-array':
      return declare(type.element, `${name}[${type.length || ''}]`, indent);
    case 'c-function':
      return `void ${name}()`;
    default:
      return name === '' ? print(type, indent) : `${print(type, indent)} ${name}`;
  }
}

// Text

function list(nodes: readonly Node[], indent: string): string {
  return nodes.map((node) => print(node, indent)).join(', ');
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
