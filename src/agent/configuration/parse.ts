/** Reads a configuration file: `name = value` a line, as postgresql.conf has them. */
import { PebbleError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import { parseDuration } from '../../base/time.ts';
import { type Configuration, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** Settings as text, by name. */
export type Given = Readonly<Partial<Record<SettingName, string>>>;

/** A name, an optional `=`, a value that may be in single quotes (two of them are one), a comment. */
const LINE = /^\s*([a-z][a-z0-9_]*)\s*(?:=\s*|\s)(?:'((?:[^']|'')*)'|([^'#\s][^#]*?))\s*(?:#.*)?$/;

export function parseFile(text: string, path: string): Given {
  const given: Partial<Record<SettingName, string>> = {};
  text.split('\n').forEach((line, index) => {
    if (/^\s*(#.*)?$/.test(line)) return;
    const where = `${path}, line ${index + 1}`;
    const [, name, quoted, bare] = LINE.exec(line) ?? [];
    if (name === undefined) throw wrong(where, `${JSON.stringify(line.trim())} is no setting`, "write name = 'value'");
    if (!isSetting(name)) throw unknown(where, name);
    given[name] = quoted?.replaceAll("''", "'") ?? bare!;
  });
  return given;
}

const isSetting = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

function unknown(where: string, name: string): PebbleError {
  const near = suggest(name, Object.keys(SETTINGS));
  return wrong(
    where,
    `there is no setting ${name}`,
    near ? `did you mean ${near}?` : 'docs/agent.md lists the settings',
  );
}

const wrong = (doing: string, what: string, hint: string): PebbleError =>
  new PebbleError('usage', { doing: `reading ${doing}`, what, hint });

/** Every setting; those that are not given have their defaults. `where` is for complaints: a file, the command line. */
export function readSettings(given: Given, where: string): Configuration {
  const read = Object.entries(SETTINGS).map(([name, setting]) => {
    const text = given[name as SettingName];
    return [name, text === undefined ? setting.default : readValue(name, setting, text, where)];
  });
  return Object.fromEntries(read) as Configuration;
}

function readValue(name: string, setting: Setting, text: string, where: string): string | number | readonly string[] {
  const value = READERS[setting.kind](text, setting as never);
  if (value !== undefined) return value;
  throw wrong(`${name} (${where})`, `${JSON.stringify(text)} is not ${EXPECTED[setting.kind]}`, setting.summary);
}

type Readers = {
  readonly [K in Setting['kind']]: (
    text: string,
    setting: Setting & { kind: K },
  ) => string | number | readonly string[] | undefined;
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
  count: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
};

const EXPECTED: Readonly<Record<Setting['kind'], string>> = {
  text: 'a text',
  list: 'a list',
  duration: 'a time such as 10s, 12h or 14d, or too short',
  size: 'a size such as 500MB or 4GB',
  count: 'a whole number',
};

/** As PostgreSQL's: kB, MB, GB and TB are powers of 1024. */
function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)$/.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * 1024 ** ['B', 'kB', 'MB', 'GB', 'TB'].indexOf(match[2]!));
}
