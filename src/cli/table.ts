/** The command table: help, completion and dispatch are all made from these rows. */
import { PebbleError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import { type CommandRow, command } from './command.ts';
import type { Options } from './options.ts';
import { TRACE_OPTIONS } from './trace/options.ts';

/** Understood by every command that is not raw. */
export const COMMON_OPTIONS = {
  help: { kind: 'flag', short: 'h', summary: 'show what the command does and its options' },
  'no-color': { kind: 'flag', summary: 'no colours (the environment variable NO_COLOR does the same)' },
} as const satisfies Options;

export const VERSION_OPTIONS = {
  json: { kind: 'flag', summary: 'one JSON row' },
} as const satisfies Options;

export const DOCTOR_OPTIONS = {
  json: { kind: 'flag', summary: 'one JSON row a privilege, setting or feature, and the verdict' },
} as const satisfies Options;

export const UNINSTALL_OPTIONS = {
  'dry-run': { kind: 'flag', summary: 'only list what would be removed' },
  pid: {
    kind: 'integer',
    value: 'PID',
    min: 1,
    repeat: true,
    summary: 'only this run of Pebble and what it holds, nothing else of this host',
  },
  purge: { kind: 'flag', summary: 'history, settings and caches, too' },
  json: { kind: 'flag', summary: 'one JSON row an object, process and file (docs/json.md)' },
} as const satisfies Options;

export const OBJECT_OPTIONS = {
  duration: { kind: 'duration', value: 'TIME', short: 'd', summary: 'stop after this time, not at Ctrl-C' },
  json: { kind: 'flag', summary: 'one JSON row a record, program, map and entry' },
  set: {
    kind: 'string',
    value: 'NAME=VALUE',
    repeat: true,
    summary: 'what a global variable of the object begins with',
  },
  program: { kind: 'string', value: 'NAME', repeat: true, summary: 'load only this program' },
} as const satisfies Options;

const LIVE_OPTIONS = {
  interval: { kind: 'duration', value: 'TIME', short: 'i', summary: 'time between two rows of a query' },
  duration: { kind: 'duration', value: 'TIME', short: 'd', summary: 'stop after this time' },
  json: { kind: 'flag', summary: 'one JSON row a query (docs/json.md)' },
} as const satisfies Options;

export const DEMO_OPTIONS = LIVE_OPTIONS;

/** Of every command that counts by query. */
const CHOICE_OPTIONS = {
  pid: { kind: 'integer', value: 'PID', min: 1, summary: 'only this server process' },
  pgdata: { kind: 'string', value: 'DIR', complete: 'directory', summary: 'only the cluster with this data directory' },
  database: { kind: 'string', value: 'NAME', summary: 'only this database' },
  user: { kind: 'string', value: 'NAME', summary: 'only this user' },
  'query-id': { kind: 'id', value: 'ID', summary: 'only this query id, or fingerprint where there is none' },
} as const satisfies Options;

export const WATCH_OPTIONS = {
  ...LIVE_OPTIONS,
  ...CHOICE_OPTIONS,
} as const satisfies Options;

const MEASURE_OPTIONS = {
  interval: { kind: 'duration', value: 'TIME', short: 'i', summary: 'answer each time, until Ctrl-C or --duration' },
  duration: { kind: 'duration', value: 'TIME', short: 'd', summary: 'how long; 10 s unless given' },
  json: { kind: 'flag', summary: 'JSON rows (docs/json.md)' },
  ...CHOICE_OPTIONS,
} as const satisfies Options;

export const PROFILE_OPTIONS = {
  ...MEASURE_OPTIONS,
  'off-cpu': { kind: 'flag', summary: 'where sessions sleep, instead of where they use a CPU' },
  output: {
    kind: 'choice',
    value: 'FORMAT',
    short: 'o',
    choices: ['collapsed', 'speedscope', 'pprof'],
    summary: 'stacks for another tool, on standard output',
  },
} as const satisfies Options;

/** Of every tool; each has options of its own besides. */
export const RUN_OPTIONS = {
  interval: { kind: 'duration', value: 'TIME', short: 'i', summary: 'print and begin anew each time' },
  duration: { kind: 'duration', value: 'TIME', short: 'd', summary: 'stop after this time, not at Ctrl-C' },
  pgdata: { kind: 'string', value: 'DIR', complete: 'directory', summary: 'only the cluster with this data directory' },
  'from-history': { kind: 'flag', summary: 'of the past, from what the agent keeps: with --from, --to and --store' },
  top: { kind: 'integer', value: 'N', min: 1, summary: 'rows of a table that are shown (20)' },
  json: { kind: 'flag', summary: 'one JSON row an event or entry (docs/json.md); of the list: one a tool' },
  ...COMMON_OPTIONS,
} as const satisfies Options;

export const IO_OPTIONS = MEASURE_OPTIONS;
export const WAL_OPTIONS = MEASURE_OPTIONS;
export const EXECUTIONS_OPTIONS = MEASURE_OPTIONS;

export const AGENT_OPTIONS = {
  pgdata: {
    kind: 'string',
    value: 'DIR',
    repeat: true,
    complete: 'directory',
    summary: 'only the cluster with this data directory',
  },
  listen: { kind: 'string', value: 'ADDR', summary: 'HOST:PORT of the pages; 127.0.0.1:8432 unless given' },
  store: {
    kind: 'string',
    value: 'URL',
    summary: 'where history is kept: sqlite:PATH, clickhouse://USER:PASSWORD@HOST:PORT/DATABASE, or none',
  },
  budget: { kind: 'string', value: 'SHARE', summary: "of all CPUs' time, what watching may cost; 1% unless given" },
  'sql-listen': { kind: 'string', value: 'ADDR', summary: 'where PostgreSQL clients may ask: /DIR:PORT or HOST:PORT' },
  'sql-password-file': { kind: 'string', value: 'FILE', complete: 'file', summary: 'the password of HOST:PORT' },
  config: {
    kind: 'string',
    value: 'FILE',
    complete: 'file',
    summary: 'settings (docs/agent.md); /etc/pebble/agent.conf',
  },
  for: { kind: 'duration', value: 'TIME', summary: 'detach and end by itself after this time' },
  'dry-run': {
    kind: 'flag',
    summary: 'say what would be loaded, attached, opened and written, and what that would cost; attach nothing',
  },
  json: { kind: 'flag', summary: 'of --dry-run: one JSON row a program, map, cluster and cost' },
} as const satisfies Options;

export const SERVER_OPTIONS = {
  store: { kind: 'string', value: 'URL', summary: 'the store that agents fill: sqlite:PATH or clickhouse://…' },
  listen: { kind: 'string', value: 'ADDR', summary: 'HOST:PORT of the pages; 127.0.0.1:8432 unless given' },
  config: {
    kind: 'string',
    value: 'FILE',
    complete: 'file',
    summary: 'settings of its doors (docs/agent.md); /etc/pebble/agent.conf',
  },
} as const satisfies Options;

export const EXTENSION_OPTIONS = {
  'pg-config': {
    kind: 'string',
    value: 'PATH',
    complete: 'file',
    summary: 'pg_config of the PostgreSQL; that of PATH unless given',
  },
  directory: {
    kind: 'string',
    value: 'DIR',
    complete: 'directory',
    summary: 'install here: for extension_control_path',
  },
  url: { kind: 'string', value: 'CONNINFO', summary: 'database for create and drop, as psql takes it' },
  address: { kind: 'string', value: 'ADDR', summary: "the agent's --sql-listen; /run/pebble:8433 unless given" },
  'password-file': {
    kind: 'string',
    value: 'FILE',
    complete: 'file',
    summary: 'the password of an agent at HOST:PORT',
  },
} as const satisfies Options;

const PAST_OPTIONS = {
  from: { kind: 'string', value: 'TIME', summary: 'so long ago (90m, 2d), or a date; 1h unless given' },
  to: { kind: 'string', value: 'TIME', summary: 'the same; now unless given' },
  store: { kind: 'string', value: 'URL', summary: "where history is kept; the agent's setting unless given" },
  config: { kind: 'string', value: 'FILE', complete: 'file', summary: "the agent's settings; /etc/pebble/agent.conf" },
  host: { kind: 'string', value: 'NAME', summary: 'only this host, where the store has several' },
  pgdata: { kind: 'string', value: 'DIR', complete: 'directory', summary: 'only the cluster with this data directory' },
} as const satisfies Options;

/** Of a tool with --from-history. */
export const PAST_TOOL_OPTIONS = {
  'from-history': { kind: 'flag', summary: 'of the past, from what the agent keeps' },
  ...PAST_OPTIONS,
  database: CHOICE_OPTIONS.database,
  user: CHOICE_OPTIONS.user,
  'query-id': CHOICE_OPTIONS['query-id'],
  top: { kind: 'integer', value: 'N', min: 1, summary: 'rows of a table that are shown (20)' },
  json: { kind: 'flag', summary: 'one JSON row a line (docs/json.md)' },
  ...COMMON_OPTIONS,
} as const satisfies Options;

export const REPORT_OPTIONS = {
  ...PAST_OPTIONS,
  compare: {
    kind: 'string',
    value: 'TIME',
    summary: 'show what changed against `before`, so long ago (1d), or from a date on',
  },
  top: { kind: 'integer', value: 'N', min: 1, summary: 'rows of each part, at most; 20 unless given' },
  json: { kind: 'flag', summary: 'one JSON row a line (docs/json.md)' },
} as const satisfies Options;

export const PASSWORD_OPTIONS = {
  admin: { kind: 'flag', summary: 'an admin, not a viewer' },
} as const satisfies Options;

export const EXPORT_OPTIONS = {
  ...PAST_OPTIONS,
  kind: { kind: 'choice', value: 'KIND', choices: ['queries', 'waits'], summary: 'which rows; queries unless given' },
  step: { kind: 'duration', value: 'TIME', summary: 'a row of each series for each such time; 1m unless given' },
  format: { kind: 'choice', value: 'FORMAT', choices: ['ndjson', 'csv'], summary: 'ndjson unless given' },
} as const satisfies Options;

export const COMMANDS: readonly CommandRow[] = [
  command({
    name: 'demo',
    summary: 'start a PostgreSQL with known troubles and watch it',
    options: DEMO_OPTIONS,
    examples: [
      { line: 'sudo pebble demo', shows: 'a live table until Ctrl-C; nothing stays behind' },
      { line: 'sudo pebble demo --duration 20', shows: 'the same, ending by itself' },
    ],
    load: () => import('./commands/demo.ts'),
  }),
  command({
    name: 'top',
    summary: 'show live where the time of each query goes',
    options: WATCH_OPTIONS,
    examples: [
      { line: 'sudo pebble top', shows: 'every PostgreSQL of this host' },
      { line: 'sudo pebble top --pgdata /var/lib/postgresql/15/main', shows: 'one of them' },
    ],
    load: () => import('./commands/top.ts'),
  }),
  command({
    name: 'queries',
    summary: 'count what each query does for a while',
    options: WATCH_OPTIONS,
    examples: [
      { line: 'sudo pebble queries --duration 10', shows: 'a table of ten seconds' },
      { line: 'sudo pebble queries --json --duration 10', shows: 'one JSON row a query' },
    ],
    load: () => import('./commands/queries.ts'),
  }),
  command({
    name: 'profile',
    summary: 'sample which code runs, or sleeps, for each query',
    options: PROFILE_OPTIONS,
    examples: [
      { line: 'sudo pebble profile', shows: 'the functions with the most CPU time, and the phases of each query' },
      { line: 'sudo pebble profile --off-cpu -o collapsed > waits.folded', shows: 'stacks for a flame graph' },
      { line: 'sudo pebble profile -o pprof > cpu.pb && pprof -top cpu.pb', shows: 'the same for pprof' },
    ],
    load: () => import('./commands/profile.ts'),
  }),
  command({
    name: 'waits',
    summary: 'show what each query and background process waits for',
    options: WATCH_OPTIONS,
    examples: [
      { line: 'sudo pebble waits --duration 10', shows: 'a table of ten seconds' },
      {
        line: 'sudo pebble waits --json --interval 5',
        shows: 'one JSON row a query and wait event, every five seconds',
      },
    ],
    load: () => import('./commands/waits.ts'),
  }),
  command({
    name: 'locks',
    summary: 'show who waits for a lock, and for whom',
    options: WATCH_OPTIONS,
    examples: [
      { line: 'sudo pebble locks --duration 60', shows: 'every lock wait of a minute, those that are over, too' },
      { line: 'sudo pebble locks --json --interval 5', shows: 'one JSON row a waiter and blocker, every five seconds' },
    ],
    load: () => import('./commands/locks.ts'),
  }),
  command({
    name: 'io',
    summary: 'show what each query asks of block devices, and what the page cache spares it',
    options: IO_OPTIONS,
    examples: [
      { line: 'sudo pebble io', shows: 'requests and bytes of ten seconds, by query, file and device' },
      { line: 'sudo pebble io --json -d 60', shows: 'the same of a minute, as JSON rows' },
    ],
    load: () => import('./commands/io.ts'),
  }),
  command({
    name: 'executions',
    summary: 'show the slowest requests of each query, sleep by sleep',
    options: EXECUTIONS_OPTIONS,
    examples: [
      { line: 'sudo pebble executions -d 60', shows: 'what the slowest requests of a minute waited for, in order' },
      { line: 'sudo pebble executions --json', shows: 'the five slowest of each query, as JSON rows' },
    ],
    load: () => import('./commands/executions.ts'),
  }),
  command({
    name: 'wal',
    summary: 'show what commits wait for: WAL insertion, writes, syncs, standbys',
    options: WAL_OPTIONS,
    examples: [{ line: 'sudo pebble wal', shows: 'waits and group sizes of ten seconds' }],
    load: () => import('./commands/wal.ts'),
  }),
  command({
    name: 'agent',
    summary: 'watch every PostgreSQL of this host, keep history, serve pages and metrics',
    options: AGENT_OPTIONS,
    examples: [
      { line: 'sudo pebble agent', shows: 'prints the link to open; history in /var/lib/pebble' },
      { line: 'sudo pebble agent --store none --listen 127.0.0.1:0', shows: 'nothing is written, on any free port' },
      {
        line: 'sudo pebble agent --dry-run',
        shows: 'programs, hooks, memory, files, expected cost; nothing is attached',
      },
      { line: 'sudo pebble agent --for 10m', shows: 'ten minutes of everything, and then nothing of it is left' },
      { line: 'sudo pebble agent --config FILE', shows: 'as a service does it; SIGHUP reads the file again' },
    ],
    load: () => import('./commands/agent.ts'),
  }),
  command({
    name: 'server',
    summary: 'serve the pages of what agents have stored, of all their hosts',
    options: SERVER_OPTIONS,
    examples: [
      {
        line: 'pebble server --store clickhouse://reader:PASSWORD@db:8123/pebble',
        shows: 'prints the link to open; all hosts',
      },
    ],
    load: () => import('./commands/server.ts'),
  }),
  command({
    name: 'extension',
    summary: 'install the extension, or create or drop it in a database',
    operands: 'install|create|drop',
    maxOperands: 1,
    options: EXTENSION_OPTIONS,
    examples: [
      { line: 'sudo pebble extension install --pg-config /usr/bin/pg_config', shows: 'where its files are now' },
      { line: 'pebble extension create --url "dbname=shop"', shows: 'the views are in schema pebble of this database' },
    ],
    load: () => import('./commands/extension.ts'),
  }),
  command({
    name: 'report',
    summary: 'show what dominated some time of the past',
    options: REPORT_OPTIONS,
    examples: [
      { line: 'sudo pebble report', shows: 'the last hour, from the history that the agent keeps' },
      { line: 'sudo pebble report --from "2026-01-31 03:00" --to "2026-01-31 04:00"', shows: 'an hour of a night' },
      { line: 'sudo pebble report --from 2h --compare 1d', shows: 'two hours, and what is different from yesterday' },
    ],
    load: () => import('./commands/report.ts'),
  }),
  command({
    name: 'export',
    summary: 'print history as rows for other tools',
    options: EXPORT_OPTIONS,
    examples: [
      { line: 'sudo pebble export --from 1d --step 10m > queries.ndjson', shows: 'fields as in docs/json.md' },
      { line: 'sudo pebble export --kind waits --format csv', shows: 'waits of the last hour, for a spreadsheet' },
    ],
    load: () => import('./commands/export.ts'),
  }),
  {
    raw: true,
    name: 'trace',
    summary: "run a tracing program (bpftrace's language and options)",
    operands: "FILE | -e 'PROGRAM' [PARAMETER …]",
    options: TRACE_OPTIONS,
    examples: [
      {
        line: "pebble trace -e 'tracepoint:syscalls:sys_enter_openat { @[comm] = count(); }'",
        shows: 'opened files by process, until Ctrl-C',
      },
      { line: "pebble trace -l 'tracepoint:sched:*'", shows: 'probes that match a pattern' },
    ],
    load: () => import('./commands/trace.ts'),
  },
  {
    raw: true,
    name: 'run',
    summary: 'run a ready-made tool, or list them by question',
    operands: '[TOOL [options of the tool]]',
    options: RUN_OPTIONS,
    examples: [
      { line: 'pebble run', shows: 'the tools and what they answer' },
      { line: 'sudo pebble run runqlat --duration 10', shows: 'how long tasks wait for a CPU' },
      {
        line: 'sudo pebble run pgwaits --from-history --from 2h',
        shows: 'what the agent has kept of two hours',
      },
      { line: 'pebble run runqlat --help', shows: 'what runqlat can be told' },
    ],
    load: () => import('./commands/run.ts'),
  },
  command({
    name: 'object',
    summary: 'run an object compiled by clang and show what its maps hold at the end',
    operands: 'FILE.bpf.o',
    maxOperands: 1,
    options: OBJECT_OPTIONS,
    examples: [
      { line: 'pebble object opens.bpf.o --duration 5', shows: 'what its programs counted in five seconds' },
      { line: 'pebble object opens.bpf.o --json | jq', shows: 'the same as NDJSON, until Ctrl-C' },
      { line: 'pebble object opens.bpf.o --set min_us=100', shows: 'with another first value of a global variable' },
    ],
    load: () => import('./commands/object.ts'),
  }),
  command({
    name: 'password',
    summary: 'make the line of a user who may sign in to the pages',
    operands: 'NAME',
    maxOperands: 1,
    options: PASSWORD_OPTIONS,
    examples: [
      {
        line: 'openssl rand -base64 18 | tee alice.txt | pebble password alice --admin >> users',
        shows: 'reads the password from standard input',
      },
    ],
    load: () => import('./commands/password.ts'),
  }),
  command({
    name: 'help',
    summary: 'show the commands, or one command',
    operands: '[COMMAND]',
    maxOperands: 1,
    options: {},
    examples: [{ line: 'pebble help version', shows: 'what `version` does' }],
    load: () => import('./commands/help.ts'),
  }),
  command({
    name: 'doctor',
    summary: 'show what this kernel and these privileges let Pebble do',
    options: DOCTOR_OPTIONS,
    examples: [{ line: 'sudo pebble doctor', shows: 'what is missing, why, and what that costs' }],
    load: () => import('./commands/doctor.ts'),
  }),
  command({
    name: 'uninstall',
    summary: 'end every Pebble of this host and prove that the kernel holds nothing of it',
    options: UNINSTALL_OPTIONS,
    examples: [
      { line: 'sudo pebble uninstall --dry-run', shows: 'what of Pebble is on this host' },
      { line: 'sudo pebble uninstall', shows: 'what was removed, and that nothing is left; history stays' },
      { line: 'sudo pebble uninstall --purge', shows: 'the same, with history, settings and caches' },
    ],
    load: () => import('./commands/uninstall.ts'),
  }),
  command({
    name: 'version',
    summary: 'show the versions of Pebble, Node and the kernel',
    options: VERSION_OPTIONS,
    examples: [{ line: 'pebble version --json', shows: 'for a bug report or a script' }],
    load: () => import('./commands/version.ts'),
  }),
  command({
    name: 'completion',
    summary: 'print the completion script of a shell',
    operands: 'bash|zsh',
    maxOperands: 1,
    options: {},
    examples: [
      { line: 'source <(pebble completion bash)', shows: 'completion in this bash' },
      { line: 'pebble completion zsh > ~/.zfunc/_pebble', shows: 'completion in every zsh' },
    ],
    load: () => import('./commands/completion.ts'),
  }),
];

export function findCommand(name: string): CommandRow {
  const row = COMMANDS.find((candidate) => candidate.name === name);
  if (row) return row;
  const near = suggest(
    name,
    COMMANDS.map((candidate) => candidate.name),
  );
  throw new PebbleError('usage', {
    what: `there is no command ${JSON.stringify(name)}`,
    hint: near ? `did you mean \`pebble ${near}\`?` : '`pebble help` lists the commands',
  });
}
