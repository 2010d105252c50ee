/** The settings of the agent: file, command line and documentation are made from this table. */
import { hostname } from 'node:os';
import { DEFAULT_RETENTION } from '../../store/index.ts';
import { ACCESS_SETTINGS } from './access-settings.ts';
import { EXPORT_SETTINGS } from './export-settings.ts';

interface Described {
  readonly summary: string;
  /** Taken over at a reload; others need a restart. */
  readonly reload?: true;
}
interface TextSetting extends Described {
  readonly kind: 'text';
  readonly default: string;
}
interface ListSetting extends Described {
  readonly kind: 'list';
  readonly default: readonly string[];
}
/** In ms. */
interface DurationSetting extends Described {
  readonly kind: 'duration';
  readonly default: number;
  readonly min?: number;
}
/** Of 1; null: no limit. */
interface ShareSetting extends Described {
  readonly kind: 'share';
  readonly default: number | null;
}
interface SizeSetting extends Described {
  readonly kind: 'size';
  readonly default: number;
}
interface CountSetting extends Described {
  readonly kind: 'count';
  readonly default: number;
}
export type Setting = TextSetting | ListSetting | DurationSetting | SizeSetting | CountSetting | ShareSetting;

const [keep10s, keep1min, keep1h, keep1d] = DEFAULT_RETENTION.keepMs as readonly [number, number, number, number];

export const SETTINGS = {
  host: { kind: 'text', default: hostname(), summary: 'name of this host in rows, metrics and a shared store' },
  pgdata: {
    kind: 'list',
    default: [],
    summary: 'data directories of the clusters to watch; all of this host unless given',
  },
  listen: { kind: 'text', default: '127.0.0.1:8432', summary: 'HOST:PORT of the pages and the API' },
  sql_listen: {
    kind: 'text',
    default: '',
    summary: 'where PostgreSQL clients may ask: `/DIRECTORY:PORT` of a Unix socket, or `HOST:PORT`; off unless given',
  },
  sql_password_file: { kind: 'text', default: '', summary: 'file with the password of SQL over TCP, which needs one' },
  connect: {
    kind: 'list',
    default: [],
    summary:
      'optional, one a cluster: `postgresql://ROLE@localhost/postgres?host=/run/postgresql` of a role with pg_monitor, for names, settings, the xmin horizon, vacuum, replication and plans',
  },
  store: {
    kind: 'text',
    default: 'sqlite:/var/lib/pebble/history.db',
    summary: 'where history is kept: `sqlite:PATH`, `clickhouse://USER:PASSWORD@HOST:PORT/DATABASE` or `none`',
  },
  spool: {
    kind: 'text',
    default: '/var/lib/pebble/spool',
    summary: 'folder of what a ClickHouse does not take yet; survives the agent',
  },
  spool_size: {
    kind: 'size',
    default: 2 ** 30,
    summary: 'of that folder; beyond it the oldest intervals are lost, and counted',
  },
  flush_interval: {
    kind: 'duration',
    default: 10_000,
    min: 1000,
    summary: 'how often history is written: what a crash loses, at most',
  },
  keep_10s: { kind: 'duration', default: keep10s, reload: true, summary: 'how long every flush is kept' },
  keep_1min: {
    kind: 'duration',
    default: keep1min,
    reload: true,
    summary: 'how long sums of a minute are kept, and documents',
  },
  keep_1h: { kind: 'duration', default: keep1h, reload: true, summary: 'how long sums of an hour are kept' },
  keep_1d: { kind: 'duration', default: keep1d, reload: true, summary: 'how long sums of a day are kept' },
  max_size: {
    kind: 'size',
    default: DEFAULT_RETENTION.maxBytes,
    reload: true,
    summary: 'of the history file; the finest and oldest part is deleted first',
  },
  budget: {
    kind: 'share',
    default: 0.01,
    summary: "of all CPUs' time, for what watching costs: signals are given up when it takes more; or `none`",
  },
  ...EXPORT_SETTINGS,
  ...ACCESS_SETTINGS,
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;
type Value<S extends Setting> = S extends TextSetting
  ? string
  : S extends ListSetting
    ? readonly string[]
    : S extends ShareSetting
      ? number | null
      : number;
export type Configuration = { readonly [K in SettingName]: Value<(typeof SETTINGS)[K]> };
