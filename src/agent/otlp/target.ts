/** Where OpenTelemetry is sent to, and how: from the settings. */
import { PebbleError } from '../../base/errors.ts';
import type { Configuration } from '../configuration/index.ts';

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const SIGNALS = ['metrics', 'traces'] as const;
export type OtlpSignal = (typeof SIGNALS)[number];

export interface OtlpTarget {
  readonly endpoint: string;
  readonly isJson: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly signals: ReadonlySet<OtlpSignal>;
  readonly intervalMs: number;
  readonly slowMs: number;
}

/** Nothing where nothing is to be sent. */
export function otlpTarget(configuration: Configuration): OtlpTarget | undefined {
  const { otlp_endpoint, otlp_protocol, otlp_headers, otlp_signals, otlp_interval, otlp_slow } = configuration;
  if (otlp_endpoint === '') return undefined;
  return {
    endpoint: endpointOf(otlp_endpoint),
    isJson: oneOf('otlp_protocol', PROTOCOLS, otlp_protocol) === 'http/json',
    headers: Object.fromEntries(otlp_headers.map(headerOf)),
    signals: new Set(otlp_signals.map((signal) => oneOf('otlp_signals', SIGNALS, signal))),
    intervalMs: otlp_interval,
    slowMs: otlp_slow,
  };
}

/** Without a slash at its end. */
function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '')
    return url.href.replace(/\/+$/, '');
  throw wrong('otlp_endpoint', text, 'write http://HOST:4318 or https://HOST/PATH, without /v1/metrics');
}

function headerOf(text: string): [name: string, value: string] {
  const [, name, value] = /^([\w-]+)\s*[=:]\s*(\S.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name.toLowerCase(), value];
  // It may hold a password.
  throw wrong('otlp_headers', text.slice(0, 4), "write otlp_headers = 'NAME=VALUE, …'");
}

function oneOf<T extends string>(setting: string, known: readonly T[], text: string): T {
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw wrong(setting, text, `there are ${known.join(' and ')}`);
}

const wrong = (setting: string, text: string, hint: string): PebbleError =>
  new PebbleError('usage', {
    doing: `reading ${setting}`,
    what: `${JSON.stringify(text)} is not understood`,
    hint,
  });
