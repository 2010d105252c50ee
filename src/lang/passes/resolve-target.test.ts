/** A target's builtins and probes, with a target that is no program at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import type { CompileHost, TargetProvider, UserFunction } from '../host.ts';

const answer = { name: 'answer', type: 'uint64', doc: 'The answer.' };

const TOY: TargetProvider = {
  name: 'toy',
  elsewhere: { reply: 'toy.answer' },
  fields: [answer, { name: 'title', type: 'string', doc: 'Its text.' }],
  probes: [{ name: 'asked', doc: 'Somebody asks.', arguments: [answer] }],
  library: () => ({
    source: { name: 'toy', text: 'macro answer() { 40 + toy.two } macro two() { 2 } macro title() { toy_title(1) }' },
    texts: [{ name: 'toy_title', field: 'title', doc: 'Titles.', rows: ['none', 'deep thought'], unknown: '?' }],
    hooks: (name) =>
      name === 'asked'
        ? [
            { text: 'usdt:/toy:toy:asked { $answer = arg0; body(); }', cost: 'a nop' },
            { text: 'uprobe:/toy:ask { if (arg0 < 7) { return; } $answer = arg0 + 1; body(); }', cost: 'a trap' },
          ]
        : [],
  }),
};

const ask: UserFunction = { name: 'ask', address: 16n, fileOffset: 16n, size: 8 };
const HOST: CompileHost = {
  target: TOY,
  cpus: { possible: 1 },
  binaries: (name) => [name],
  userFunctions: () => [ask],
};
const compiled = (text: string, host: CompileHost = HOST) => compile(text, { host });
const messages = (text: string): string[] => compiled(text).diagnostics.map(({ message }) => message);

test('builtins are values like any other', () => {
  assert.deepEqual(messages('BEGIN { @[toy.title] = toy.answer; if (toy.title == "deep thought") { exit(); } }'), []);
});

test("the library's inner names are its own, and nobody pays for a target that is not named", () => {
  assert.deepEqual(messages('BEGIN { print(toy.two); }'), ['toy has no two']);
  const closed: TargetProvider = { ...TOY, library: () => assert.fail('not asked for') };
  assert.deepEqual(compiled('BEGIN { print(1); }', { ...HOST, target: closed }).diagnostics, []);
});

test('a probe takes the first hook that is there, and says so', () => {
  const { script, hooks, diagnostics } = compiled('toy:asked /args.answer > 9/ { print(args.answer); exit(); }');
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(hooks, [{ probe: 'toy:asked', through: ['uprobe:/toy:ask'], cost: 'a trap' }]);
  assert.deepEqual(
    script!.probes.map(({ name }) => name),
    ['uprobe:/toy:ask'],
  );
  const site = { provider: 'toy', name: 'asked', fileOffset: 32n, address: 32n, arguments: '8@%rdi' };
  assert.equal(compiled('toy:asked { exit(); }', { ...HOST, usdtSites: () => [site] }).hooks[0]!.cost, 'a nop');
});

test('a probe without a hook is an error', () => {
  const said = (text: string) => compiled(text).diagnostics.map(({ message, hints }) => [message, ...hints]);
  const known = { ...TOY.probes[0]!, name: 'query_done' };
  assert.deepEqual(said('toy:askd { exit(); }'), [['No hook for toy:askd here.', "did you mean 'asked'?"]]);
  assert.deepEqual(said('toy:other { exit(); }'), [['No hook for toy:other here.', 'toy has asked']]);
  const { diagnostics } = compiled('toy:query_finish { exit(); }', { ...HOST, target: { ...TOY, probes: [known] } });
  assert.deepEqual(diagnostics[0]!.hints, ["did you mean 'query_done'?"]);
});

test('an argument that the probe does not have is named as the script wrote it', () => {
  const said = (text: string) => compiled(text).diagnostics.map(({ message, hints }) => [message, ...hints]);
  assert.deepEqual(said('toy:asked { print(args.answers); exit(); }'), [
    ['toy:asked has no args.answers', "did you mean 'args.answer'?"],
  ]);
  assert.deepEqual(said('toy:asked { print(args.who); exit(); }'), [
    ['toy:asked has no args.who', 'it has args.answer'],
  ]);
});

test("a target's probes have a colon", () => {
  const { diagnostics } = compiled('toy.asked { exit(); }');
  assert.deepEqual(
    diagnostics.map(({ message, hints }) => [message, ...hints]),
    [['Invalid probe type: toy.asked', 'write toy:asked']],
  );
});

test('what others call a builtin is told as it is called here', () => {
  const { diagnostics } = compiled('BEGIN { print(toy.reply); }');
  assert.deepEqual(
    diagnostics.map(({ message, hints }) => [message, ...hints]),
    [['toy has no reply', 'write toy.answer']],
  );
});

test('a comparison with a text that a builtin never gives is warned of', () => {
  const warned = (text: string) =>
    compiled(`BEGIN { if (${text}) { exit(); } }`).diagnostics.map(({ severity, message, hints }) => [
      severity,
      message,
      ...hints,
    ]);
  assert.deepEqual(warned('toy.title == "deep thoughts"'), [
    ['warning', 'toy.title is never "deep thoughts"', "did you mean 'deep thought'?"],
  ]);
  assert.deepEqual(warned('"42" != toy.title'), [['warning', 'toy.title is never "42"']]);
  assert.deepEqual(warned('toy.title == "none" || toy.title == "?"'), []);
});
