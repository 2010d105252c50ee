/** Reads a configuration file: `name = value` a line, as postgresql.conf has them. */
import { PebbleError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import { parseDuration } from '../../base/time.ts';
import { type Configuration, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** Settings as text, by name. */
export type Given = Readonly<Partial<Record<SettingName, string>>>;

/** A name, an optional `=`, a value that may be in single quotes (two of them are one), a comment. */
const LINE = /^\s*([a-z][a-z0-9_]*)\s*(?:=\s*|\s)(?:'((?:[^']|'')*)'|([^'#\s][^#]*?))\s*(?:#.*)?$/;

/** Where it is, what is wrong and what to write. */
interface Mistake {
  readonly where: string;
  readonly what: string;
  readonly hint: string;
}

/** Every setting of a file; all that is wrong in it is told at once. */
export function parseFile(text: string, path: string): Configuration {
  const given: Partial<Record<SettingName, string>> = {};
  const lines: Partial<Record<SettingName, string>> = {};
  const mistakes: Mistake[] = [];
  text.split('\n').forEach((line, index) => {
    if (/^\s*(#.*)?$/.test(line)) return;
    const where = `line ${index + 1}`;
    const [, name, quoted, bare] = LINE.exec(line) ?? [];
    if (name === undefined) {
      mistakes.push({ where, what: `${JSON.stringify(line.trim())} is no setting`, hint: "write name = 'value'" });
    } else if (isSetting(name)) {
      given[name] = quoted?.replaceAll("''", "'") ?? bare!;
      lines[name] = where;
    } else {
      mistakes.push({ where, what: `there is no setting ${name}`, hint: hintFor(name) });
    }
  });
  const { configuration, wrong } = readAll(given, (name) => lines[name]!);
  refuse(
    path,
    [...mistakes, ...wrong].sort((a, b) => a.where.localeCompare(b.where, 'en', { numeric: true })),
  );
  return configuration;
}

const isSetting = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

function hintFor(name: string): string {
  const near = suggest(name, Object.keys(SETTINGS));
  return near ? `did you mean ${near}?` : 'docs/agent.md lists the settings';
}

/** Every setting; those that are not given have their defaults. `source` is for complaints, as the command line. */
export function readSettings(given: Given, source: string): Configuration {
  const { configuration, wrong } = readAll(given, () => 'an option');
  refuse(source, wrong);
  return configuration;
}

function readAll(
  given: Given,
  whereOf: (name: SettingName) => string,
): { readonly configuration: Configuration; readonly wrong: readonly Mistake[] } {
  const wrong: Mistake[] = [];
  const read = Object.entries<Setting>(SETTINGS).map(([name, setting]) => {
    const text = given[name as SettingName];
    if (text === undefined) return [name, setting.default];
    const value = READERS[setting.kind](text, setting as never);
    const what = `${name}: ${JSON.stringify(text)} is not ${EXPECTED[setting.kind]}`;
    if (value === undefined) wrong.push({ where: whereOf(name as SettingName), what, hint: setting.summary });
    return [name, value];
  });
  return { configuration: Object.fromEntries(read) as Configuration, wrong };
}

function refuse(source: string, mistakes: readonly Mistake[]): void {
  const [first, ...more] = mistakes;
  if (!first) return;
  if (more.length === 0) {
    const { where, what, hint } = first;
    throw new PebbleError('usage', { doing: `reading ${source}, ${where}`, what, hint });
  }
  const told = mistakes.map(({ where, what, hint }) => `\n  ${where}: ${what} (${hint})`);
  throw new PebbleError('usage', {
    doing: `reading ${source}`,
    what: `${mistakes.length} mistakes${told.join('')}`,
    hint: 'docs/agent.md lists the settings',
  });
}

type Readers = {
  readonly [K in Setting['kind']]: (
    text: string,
    setting: Setting & { kind: K },
  ) => string | number | null | readonly string[] | undefined;
};

/** Nothing for what is no such value. */
const READERS: Readers = {
  text: (text) => text,
  list: (text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  duration: (text, { min = 1 }) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= min ? ms : undefined;
  },
  size: (text) => parseSize(text),
  share: (text) => parseShare(text),
  count: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
};

const EXPECTED: Readonly<Record<Setting['kind'], string>> = {
  text: 'a text',
  list: 'a list',
  duration: 'a time such as 10s, 12h or 14d, or too short',
  size: 'a size such as 500MB or 4GB',
  count: 'a whole number',
  share: 'a share such as 1% or 0.5%, or none',
};

/** "1%", "0.5 %"; null for "none". */
function parseShare(text: string): number | null | undefined {
  if (text === 'none') return null;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}

/** As PostgreSQL's: kB, MB, GB and TB are powers of 1024. */
function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)$/.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * 1024 ** ['B', 'kB', 'MB', 'GB', 'TB'].indexOf(match[2]!));
}
