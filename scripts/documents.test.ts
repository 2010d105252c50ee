/** What the documents tell one to run or to read exists: commands with their options, npm scripts, links, files of the repository. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS, COMMON_OPTIONS } from '../src/cli/table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', ...globSync('{docs,tools,bench}/**/*.md', { cwd: ROOT })];
/** In a line of its own, or in backticks; a comment, a pipe and a redirection end it. */
const COMMAND = /(?:^ {4}(?:\$ )?|`)(?:sudo )?(?:\.\/)?pebble ([^`\n#|>]+)/gm;
const SCRIPT = /npm run (?:-s )?([a-z][\w:-]*)/g;
const LINK = /\]\(([^)#]+)(?:#[^)]*)?\)/g;
const FILE = /`((?:src|test|scripts|bench|docs|deploy|tools|examples)\/[\w./-]+\.\w+)`/g;

/** `NAME.ts`, `N.ts`. */
const PLACEHOLDER = /\b[A-Z]+[./]/;

const text = (document: string): string => readFileSync(join(ROOT, document), 'utf8');
const found = (document: string, pattern: RegExp): string[] =>
  [...text(document).matchAll(pattern)].map(([, what]) => what!.trim());

for (const document of DOCUMENTS) {
  test(document, () => {
    for (const line of found(document, COMMAND)) assertCommand(line);
    const { scripts } = JSON.parse(text('package.json'));
    for (const name of found(document, SCRIPT)) assert.ok(name in scripts, `npm run ${name}`);
    for (const link of found(document, LINK).filter((link) => !/^[a-z]+:/.test(link)))
      assert.ok(existsSync(join(ROOT, dirname(document), link)), link);
    for (const file of found(document, FILE).filter((path) => !PLACEHOLDER.test(path)))
      assert.ok(existsSync(join(ROOT, file)), file);
  });
}

/** Operands are whatever the reader has; words in capitals and brackets stand for such. */
function assertCommand(line: string): void {
  const [name, ...words] = line.split(/\s+/);
  if (!/^[a-z]+$/.test(name!)) return;
  const row = COMMANDS.find((command) => command.name === name);
  assert.ok(row, `pebble ${line}: no such command`);
  const options = { ...COMMON_OPTIONS, ...row.options } as Record<string, { short?: string }>;
  const shorts = Object.values(options).map(({ short }) => short);
  for (const word of words.map((word) => word.replace(/[[\],.:;)]+/g, ''))) {
    const long = /^--([a-z-]+)/.exec(word)?.[1];
    if (long !== undefined) assert.ok(long in options, `pebble ${line}: no option --${long}`);
    const short = /^-([a-zA-Z])/.exec(word)?.[1];
    if (short !== undefined) assert.ok(shorts.includes(short), `pebble ${line}: no option -${short}`);
  }
}
