/** Reads the case files of bpftrace's public runtime suite (tests/runtime of its repository). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type Mode = 'text' | 'text-none' | 'regex' | 'regex-none' | 'file' | 'json';

export interface Case {
  readonly id: string;
  /** One of both: a whole command line, or a program to run. */
  readonly run?: string;
  readonly program?: string;
  readonly expects: readonly { readonly mode: Mode; readonly text: string }[];
  readonly timeoutSeconds: number;
  /** Programs that run before, one that starts once probes are attached. */
  readonly before: readonly string[];
  readonly after?: string;
  readonly setup?: string;
  readonly cleanup?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds since 1970 by whose time of day files with expected output are to be read (strftime). */
  readonly clock?: number;
  readonly willFail: boolean;
  readonly exitCode: number;
  /** What the host must have: features, commands that succeed, an architecture, a version of Linux. */
  readonly needs: {
    readonly features: readonly string[];
    readonly commands: readonly string[];
    readonly architectures: readonly string[];
    readonly from?: string;
    readonly to?: string;
    readonly pidNamespace: boolean;
  };
}

const MODES: Readonly<Record<string, Mode>> = {
  EXPECT: 'text',
  EXPECT_NONE: 'text-none',
  EXPECT_REGEX: 'regex',
  EXPECT_REGEX_NONE: 'regex-none',
  EXPECT_FILE: 'file',
  EXPECT_JSON: 'json',
};
const DEFAULT_TIMEOUT_SECONDS = 5;

export function readCases(suite: string): Case[] {
  const directory = join(suite, 'runtime');
  const files = readdirSync(directory).filter((name) => statSync(join(directory, name)).isFile());
  return files.sort().flatMap((name) => casesOf(name, readFileSync(join(directory, name), 'utf8')));
}

export function casesOf(file: string, text: string): Case[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const blocks = lines.join('\n').split(/\n{2,}/);
  return blocks.filter((block) => block.trim() !== '').map((block) => readCase(file, directives(block)));
}

/** `NAME value` lines; a line that starts with as many spaces as the word is long goes on. */
function directives(block: string): [word: string, value: string][] {
  const found: [string, string][] = [];
  for (const line of block.split('\n')) {
    const last = found.at(-1);
    const goesOn = last && line.trim() !== '' && line.startsWith(' '.repeat(last[0].length + 1));
    if (goesOn) last[1] += `\n${line.slice(last[0].length + 1)}`;
    else if (line.trim() !== '') found.push([line.trim().split(/\s+/, 1)[0]!, line.trim().replace(/^\S+\s*/, '')]);
  }
  return found;
}

function readCase(file: string, lines: readonly [string, string][]): Case {
  const all = (word: string) => lines.flatMap(([name, value]) => (name === word ? [value] : []));
  const words = (word: string) => all(word).flatMap((value) => value.split(/\s+/));
  const maybe = <K extends string>(key: K, value: string | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
  return {
    id: `${file}.${all('NAME')[0]}`,
    ...maybe('run', all('RUN')[0]),
    ...maybe('program', all('PROG')[0]),
    expects: lines.flatMap(([name, text]) => (MODES[name] ? [{ mode: MODES[name], text }] : [])),
    timeoutSeconds: Number(all('TIMEOUT')[0] ?? DEFAULT_TIMEOUT_SECONDS),
    before: all('BEFORE'),
    ...maybe('after', all('AFTER')[0]),
    ...maybe('setup', all('SETUP')[0]),
    ...maybe('cleanup', all('CLEANUP')[0]),
    environment: Object.fromEntries(words('ENV').map((pair) => [pair.split('=', 1)[0]!, pair.replace(/^[^=]*=/, '')])),
    ...(all('LOCALIZE_TIMESTAMPS')[0] && { clock: Number(all('LOCALIZE_TIMESTAMPS')[0]) }),
    willFail: all('WILL_FAIL').length > 0,
    exitCode: Number(all('RETURN_CODE')[0] ?? 0),
    needs: {
      features: words('REQUIRES_FEATURE'),
      commands: all('REQUIRES'),
      architectures: all('ARCH').flatMap((value) => value.split('|').map((one) => one.trim())),
      ...maybe('from', all('MIN_KERNEL')[0]),
      ...maybe('to', all('MAX_KERNEL')[0]),
      pidNamespace: all('NEW_PIDNS').length > 0,
    },
  };
}
