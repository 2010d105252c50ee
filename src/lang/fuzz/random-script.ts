/** Random scripts that the compiler should accept: the same seed gives the same script. For differential tests. */
import { Random } from '../codegen/random.ts';

type Kind = 'int' | 'text';
type Writer = (depth: number) => string;

const RECORDS = 'let @r : { n: uint64, top: uint64 max } = percpuhash(64);\n';

/** Keys that end in a text so long have a second map for short ones. */
const LONG_TEXT = `"${'a statement that is longer than most '.repeat(8)}"`;

/** What later statements read has a type from here on. */
const FIRST = `  @a[0] = 1; @b[1] = 2; @n = 3; @r[0].n += 1; @r[0].top += 2; @sum = 0; @long[${LONG_TEXT}] = 1; @both[1, ${LONG_TEXT}] = count();\n`;

/** Map names by what they hold; declared by their first use. */
const INT_MAPS = ['@a', '@b'];
const AGGREGATES: readonly ((value: string) => string)[] = [
  () => 'count()',
  (value) => `sum(${value})`,
  (value) => `min(${value})`,
  (value) => `max(${value})`,
  (value) => `avg(${value})`,
  (value) => `stats(${value})`,
  (value) => `hist(${value})`,
  (value) => `hist(${value}, 2)`,
  (value) => `lhist(${value}, 0, 200, 7)`,
];
const INTEGERS = [
  '0',
  '1',
  '2',
  '3',
  '7',
  '8',
  '63',
  '64',
  '255',
  '256',
  '65535',
  '0x7fffffff',
  '0x80000000',
  '5000000000',
  '-1',
  '-2',
  '-128',
];
const TEXTS = ['""', '"a"', '"ab"', '"abcdefgh"', '"select"', '"a longer text, of more than one word"', '"\\xc3\\xa9"'];
const CASTS = ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'];
const OPERATORS = ['+', '-', '*', '/', '%', '&', '|', '^'];
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

export function randomScript(seed: number): string {
  return new ScriptWriter(new Random(seed)).script();
}

class ScriptWriter {
  readonly #random: Random;
  /** Variables in scope, innermost last. */
  readonly #variables: { readonly name: string; readonly kind: Kind }[] = [];
  readonly #functions: { readonly name: string; readonly parameters: number }[] = [];
  #names = 0;
  #left = 0;
  /** In a loop nothing is sent: what the ring holds is bounded. */
  #loops = 0;
  #inFunction = false;

  constructor(random: Random) {
    this.#random = random;
  }

  script(): string {
    const functions = Array.from({ length: this.#random.below(3) }, () => this.#function());
    this.#left = 2 + this.#random.below(9);
    return `${RECORDS}${functions.join('')}BEGIN {\n${FIRST}${this.#block('  ')}}\n`;
  }

  #function(): string {
    const parameters = this.#random.below(4);
    const names = Array.from({ length: parameters }, (_, i) => `$p${i}`);
    const types = names.map(() => this.#random.pick(['int64', 'uint64', 'int32', 'uint8']));
    this.#inFunction = true;
    this.#left = 1 + this.#random.below(5);
    const from = this.#variables.length;
    this.#variables.push(...names.map((name) => ({ name, kind: 'int' as const })));
    const body = this.#statements('  ');
    const result = this.#cast('int64', this.#int(2));
    this.#variables.length = from;
    this.#inFunction = false;
    const name = `f${this.#functions.length}`;
    this.#functions.push({ name, parameters });
    const list = names.map((parameter, i) => `${parameter} : ${types[i]}`).join(', ');
    return `fn ${name}(${list}) : int64 {\n${body}  return ${result};\n}\n`;
  }

  // Statements

  #block(indent: string): string {
    const from = this.#variables.length;
    const text = this.#statements(indent);
    this.#variables.length = from;
    return text;
  }

  #statements(indent: string): string {
    let text = '';
    for (let i = 1 + this.#random.below(6); i > 0 && this.#left > 0; i--) {
      this.#left--;
      text += `${indent}${this.#statement(indent)}\n`;
    }
    return text;
  }

  #statement(indent: string): string {
    const choices: (() => string)[] = [
      () => this.#declare('int'),
      () => this.#declare('int'),
      () => this.#declare('text'),
      () => this.#assign(),
      () => this.#assign(),
      () => this.#if(indent),
      () => this.#loop(indent),
    ];
    if (!this.#inFunction) {
      choices.push(
        () => `${this.#place()} = ${this.#cast('int64', this.#int(3))};`,
        () => `${this.#place()}${this.#random.pick(['++', '--'])};`,
        () => `${this.#place()} ${this.#random.pick(['+=', '-=', '|=', '^='])} ${this.#int(2)};`,
        () => this.#aggregate(),
        () => this.#aggregate(),
        () => `@t[${this.#text(1)}] = count();`,
        () => `@x = ${this.#text(2)};`,
        () => `@p[${this.#cast('uint32', this.#int(1))}, ${this.#text(0)}] = ${this.#cast('int64', this.#int(2))};`,
        () => `@r[${this.#small()}].${this.#random.pick(['n', 'top'])} += ${this.#cast('uint64', this.#int(2))};`,
        () => `delete(${this.#random.pick(INT_MAPS)}, ${this.#small()});`,
        () => `@u = (${this.#cast('int64', this.#int(2))}, ${this.#cast('uint8', this.#int(1))}, ${this.#text(0)});`,
        () => `@long[${this.#longOrNot()}] += ${this.#int(1)};`,
        () => `@both[${this.#small()}, ${this.#longOrNot()}] = count();`,
        () => `delete(@long, ${this.#longOrNot()});`,
        () =>
          `@sum += @long[${this.#longOrNot()}] + len(@both) + (int64)@both[${this.#small()}, ${this.#longOrNot()}];`,
        () => `for ($kv : @a) { @sum += $kv.0 + $kv.1; }`,
      );
      if (this.#loops === 0) choices.push(() => this.#output());
    }
    return this.#random.pick(choices)();
  }

  #declare(kind: Kind): string {
    const name = `$v${this.#names++}`;
    const value = kind === 'int' ? this.#cast(this.#random.pick(CASTS), this.#int(3)) : this.#text(2);
    this.#variables.push({ name, kind });
    return `let ${name} = ${value};`;
  }

  /** The variable keeps the type of its first value: a cast to eight bits always fits. */
  #assign(): string {
    const name = this.#variable('int');
    if (name === undefined) return this.#declare('int');
    return this.#random.chance(2) ? `${name}++;` : `${name} = ${this.#cast('int8', this.#int(2))} & 0x7f;`;
  }

  #if(indent: string): string {
    const then = this.#block(`${indent}  `);
    const otherwise = this.#random.chance(2) ? ` else {\n${this.#block(`${indent}  `)}${indent}}` : '';
    return `if (${this.#condition(2)}) {\n${then}${indent}}${otherwise}`;
  }

  #loop(indent: string): string {
    this.#loops++;
    const counter = `$i${this.#names++}`;
    const count = 1 + this.#random.below(9);
    const inside = `${indent}  `;
    const from = this.#variables.length;
    const jump = this.#random.chance(3)
      ? `${inside}if (${this.#condition(1)}) { ${this.#random.pick(['break', 'continue'])}; }\n`
      : '';
    const kind = this.#random.below(3);
    let text: string;
    if (kind === 0) {
      text = `unroll (${count}) {\n${this.#block(inside)}${indent}}`;
    } else if (kind === 1) {
      this.#variables.push({ name: counter, kind: 'int' });
      text = `for (${counter} : 0..${count}) {\n${jump}${this.#block(inside)}${indent}}`;
    } else {
      text = `let ${counter} = 0;\n${indent}while (${counter} < ${count}) {\n${inside}${counter}++;\n${jump}${this.#block(inside)}${indent}}`;
    }
    this.#variables.length = from;
    this.#loops--;
    return text;
  }

  #aggregate(): string {
    const which = this.#random.below(AGGREGATES.length);
    const value = AGGREGATES[which]!(this.#cast('int64', this.#int(2)));
    return this.#random.chance(2) ? `@g${which}[${this.#small()}] = ${value};` : `@h${which} = ${value};`;
  }

  #output(): string {
    if (this.#random.chance(3))
      return `print(${this.#random.chance(2) ? this.#cast('int64', this.#int(2)) : this.#text(1)});`;
    return `printf("%d %s %lx\\n", ${this.#cast('int32', this.#int(2))}, ${this.#text(1)}, ${this.#cast('uint64', this.#int(2))});`;
  }

  /** Where an integer of 64 bits lies. */
  #place(): string {
    return this.#random.chance(4) ? '@n' : `${this.#random.pick(INT_MAPS)}[${this.#small()}]`;
  }

  // Expressions

  #variable(kind: Kind): string | undefined {
    const known = this.#variables.filter(
      (one) => one.kind === kind && !one.name.startsWith('$i') && !one.name.startsWith('$p'),
    );
    return known.length > 0 ? this.#random.pick(known).name : undefined;
  }

  #readable(kind: Kind): string | undefined {
    const known = this.#variables.filter((one) => one.kind === kind);
    return known.length > 0 ? this.#random.pick(known).name : undefined;
  }

  /** A key of few values. */
  #small(): string {
    return this.#random.chance(2)
      ? String(this.#random.below(5))
      : `(int64)(${this.#cast('uint64', this.#int(1))} % 5)`;
  }

  #cast(type: string, value: string): string {
    return `(${type})(${value})`;
  }

  #int(depth: number): string {
    if (depth === 0) return this.#leaf();
    const d = depth - 1;
    const choices: Writer[] = [
      () => this.#leaf(),
      () => this.#leaf(),
      () => this.#binary(d),
      () => this.#binary(d),
      () => this.#binary(d),
      () => `(${this.#cast('uint64', this.#int(d))} ${this.#random.pick(['<<', '>>'])} ${this.#random.below(64)})`,
      () => `(${this.#random.pick(['-', '~'])}(${this.#cast('int64', this.#int(d))}))`,
      () => this.#cast(this.#random.pick(CASTS), this.#int(d)),
      () => `(int64)(${this.#condition(d)})`,
      () => `(${this.#condition(d)} ? ${this.#cast('int64', this.#int(d))} : ${this.#cast('int64', this.#int(d))})`,
      () => `(int64)strlen(${this.#text(d)})`,
      () => `bswap(${this.#cast(this.#random.pick(['uint16', 'uint32', 'uint64']), this.#int(d))})`,
      () => `strstr(${this.#text(0)}, ${this.#random.pick(TEXTS)})`,
      () => `(1, ${this.#cast('int64', this.#int(d))}, ${this.#cast('uint8', this.#int(d))}).${this.#random.below(3)}`,
      () =>
        `(x=${this.#cast('int32', this.#int(d))}, y=${this.#cast('uint64', this.#int(d))}).${this.#random.pick(['x', 'y'])}`,
      () => `exponential_bucket(${this.#cast('uint64', this.#int(d))}, 3)`,
    ];
    if (this.#functions.length > 0) choices.push(() => this.#call(d));
    if (!this.#inFunction) {
      choices.push(
        () => `${this.#random.pick(INT_MAPS)}[${this.#small()}]`,
        () => '@n',
        () => `(int64)has_key(@a, ${this.#small()})`,
        () => `(int64)@r[${this.#small()}].n`,
      );
    }
    return this.#random.pick(choices)(depth);
  }

  #leaf(): string {
    const choices = [() => this.#random.pick(INTEGERS), () => String(this.#random.below(1000))];
    const variable = this.#readable('int');
    if (variable !== undefined)
      choices.push(
        () => variable,
        () => variable,
        () => variable,
      );
    if (!this.#inFunction) choices.push(() => this.#random.pick(['pid', 'tid', 'pid']));
    return this.#random.pick(choices)();
  }

  #binary(depth: number): string {
    const type = this.#random.pick(['int64', 'uint64', 'int64', 'int32', 'uint32']);
    return `(${this.#cast(type, this.#int(depth))} ${this.#random.pick(OPERATORS)} ${this.#cast(type, this.#int(depth))})`;
  }

  #call(depth: number): string {
    const { name, parameters } = this.#random.pick(this.#functions);
    return `${name}(${Array.from({ length: parameters }, () => this.#cast('uint8', this.#int(Math.min(depth, 1)))).join(', ')})`;
  }

  #condition(depth: number): string {
    const d = Math.max(0, depth - 1);
    const choices = [
      () =>
        `(${this.#cast('int64', this.#int(d))} ${this.#random.pick(COMPARISONS)} ${this.#cast('int64', this.#int(d))})`,
      () =>
        `(${this.#cast('uint64', this.#int(d))} ${this.#random.pick(COMPARISONS)} ${this.#cast('uint64', this.#int(d))})`,
      () => `(${this.#text(d)} ${this.#random.pick(['==', '!='])} ${this.#text(0)})`,
      () => `strcontains(${this.#text(0)}, ${this.#random.pick(TEXTS)})`,
      () => `(strncmp(${this.#text(d)}, ${this.#random.pick(TEXTS)}, ${1 + this.#random.below(8)}) == 0)`,
    ];
    if (depth > 0) {
      choices.push(
        () => `!(${this.#condition(d)})`,
        () => `(${this.#condition(d)} ${this.#random.pick(['&&', '||'])} ${this.#condition(d)})`,
      );
    }
    return this.#random.pick(choices)();
  }

  #longOrNot(): string {
    return this.#random.below(3) === 0 ? LONG_TEXT : this.#text(1);
  }

  #text(depth: number): string {
    const choices = [() => this.#random.pick(TEXTS), () => this.#random.pick(TEXTS)];
    const variable = this.#readable('text');
    if (variable !== undefined)
      choices.push(
        () => variable,
        () => variable,
      );
    if (!this.#inFunction) choices.push(() => 'comm');
    if (depth > 0) choices.push(() => `(${this.#condition(0)} ? ${this.#text(0)} : ${this.#text(0)})`);
    if (depth > 0) choices.push(() => `strerror((int32)(${this.#int(1)}))`);
    return this.#random.pick(choices)();
  }
}
