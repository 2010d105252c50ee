/** Each tool has a known load that it is tested with, a page, and words that fit a terminal. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { header, listTools, TOPICS } from '../../src/toolbox/index.ts';
import { pebble } from '../cli/pebble.ts';
import { HOST_CASES } from './cases/host/index.ts';
import { POSTGRES_CASES } from './cases/postgres.ts';
import { VIEW_CASES } from './cases/views.ts';

const COLUMNS = 100;

/** Those with a file of their own. */
const ALONE: Readonly<Record<string, string>> = { pgrepl: 'replication.pg.test.ts' };

const TESTED = new Set([
  ...[...HOST_CASES, ...POSTGRES_CASES, ...VIEW_CASES].map(({ tool }) => tool),
  ...Object.keys(ALONE),
]);

/** Frames of stacks are as long as their names; errors are for standard error. */
const isFrame = (line: string): boolean => /^ {8,}\S|^ {4}(?:hint|error): /.test(line);

const tools = listTools((error) => assert.fail(error.message));

describe('each tool', () => {
  it('has a known load, and each known load a tool', () => {
    const names = tools.map(({ name }) => name);
    assert.deepEqual([...TESTED].sort(), names);
    for (const [name, file] of Object.entries(ALONE))
      assert.match(readFileSync(new URL(file, import.meta.url), 'utf8'), new RegExp(`'${name}'`));
  });

  it('is listed under a topic, in the width of a terminal', () => {
    for (const { name, topic } of tools) assert.ok((TOPICS as readonly unknown[]).includes(topic), `${name}: ${topic}`);
    const lines = pebble('run').stdout.trimEnd().split('\n');
    for (const line of lines) assert.ok(line.length < COLUMNS, line);
    const listed = lines.filter((line) => line.startsWith('  ')).map((line) => line.trim().split(' ')[0]!);
    assert.deepEqual(
      listed.sort(),
      tools.map(({ name }) => name),
    );
    assert.deepEqual(
      lines.filter((line) => /^\S/.test(line)),
      TOPICS,
    );
  });

  it('asks a question, and says what it traces and costs, in the width of a terminal', () => {
    for (const tool of tools) {
      assert.match(tool.question, /^[A-Z].*\?( |$)/, tool.name);
      assert.ok(tool.hooks.length > 0, tool.name);
      assert.ok(tool.cost, `${tool.name} has no cost: node scripts/generate/tool-pages.ts ${tool.name}`);
      for (const line of header(tool, 'for 10 s')
        .split('\n')
        .filter((text) => !text.startsWith('note: ')))
        assert.ok(line.length <= COLUMNS, line);
    }
  });

  it('of those that bpftrace publishes is here', () => {
    const compatibility = readFileSync(new URL('../../docs/language/compatibility.md', import.meta.url), 'utf8');
    const published = [...compatibility.matchAll(/^\| `([\w-]+)\.bt` \|/gm)].map(([, name]) =>
      name!.replace('-kp', ''),
    );
    assert.equal(published.length, 39);
    const names = new Set(tools.map(({ name }) => name));
    assert.deepEqual(
      published.filter((name) => !names.has(name)),
      [],
    );
  });

  it('has a page with its question, hooks, cost and a run', () => {
    for (const tool of tools) {
      const page = readFileSync(new URL(`../../tools/${tool.name}.md`, import.meta.url), 'utf8');
      for (const part of [`# ${tool.name}\n\n${tool.question}\n`, '- hooks: ', `- cost: ${tool.cost}`])
        assert.ok(page.includes(part), `${tool.name}.md lacks ${JSON.stringify(part)}: it is out of date`);
      assert.match(page, new RegExp(`sudo \\./pebble run ${tool.name}\\b`), tool.name);
      assert.ok(page.includes('- JSON: '), `${tool.name}.md does not say which fields its rows have`);
      for (const line of page.slice(page.indexOf('    sudo ')).split('\n'))
        assert.ok(line.length <= 4 + COLUMNS || isFrame(line), `${tool.name}.md: ${line}`);
    }
  });
});
