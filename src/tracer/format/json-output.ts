/** The JSON format: one object a line, of the members that bpftrace 0.26.1 gives it. */
import type { Histogram } from './histogram.ts';
import type { MapValue } from './merge.ts';
import type { OutputFormat, ReportFormat, RuntimeError } from './output-format.ts';
import type { ByteText, Printable } from './printable.ts';
import { keyText } from './printable-text.ts';
import type { MapSnapshot } from './snapshot.ts';
import type { TimeSeries } from './time-series.ts';

export const jsonFormat: OutputFormat = {
  map: mapJson,
  value: (value) => line('value', valueJson(value)),
  printf: (text) => line('printf', jsonText(text)),
  time: (text) => line('time', jsonText(text)),
  cat: (text) => line('cat', jsonText(text)),
  join: (text) => line('join', jsonText(text)),
  system: (text) => line('syscall', jsonText(text)),
  emit: (name, value) => line('emit', `{${jsonText(name)}: ${valueJson(value)}}`),
  benchmarks: (results) =>
    results
      .map(({ name, average, iterations }) =>
        line('benchmark_result', `{${jsonText(name)}: {"average": ${average}, "iters": ${iterations}}}`),
      )
      .join(''),
  end: () => '',
};

/** Reports are rows among the others, where text output has standard error. */
export const jsonReports: ReportFormat = {
  attached: (count) => `{"type": "attached_probes", "count": ${count}, "data": {"probes": ${count}}}\n`,
  lost: (count) => `{"type": "lost_events", "count": ${count}, "data": {"events": ${count}}}\n`,
  scripted: (severity, text, at) =>
    located({ type: severity === 'ERROR' ? 'errorf' : 'warnf', msg: jsonText(text) }, at),
  runtimeError: (error, at) => located(runtimeErrorMembers(error), at),
};

const line = (type: string, data: ByteText): ByteText => `{"type": "${type}", "data": ${data}}\n`;

function runtimeErrorMembers({ helper, message, code }: RuntimeError): { type: string } & Record<string, ByteText> {
  const msg = jsonText(message);
  if (helper === '') return { type: 'runtime_error', msg };
  return { type: 'helper_error', msg, helper: jsonText(helper), retcode: String(code) };
}

/** An object of members that are already JSON, and the place in the script. */
function located(
  { type, ...members }: { readonly type: string } & Readonly<Record<string, ByteText>>,
  at: { readonly file: string; readonly line: number; readonly column: number },
): ByteText {
  const all = { ...members, filename: jsonText(at.file), line: String(at.line), col: String(at.column) };
  return `{"type": "${type}"${Object.entries(all)
    .map(([name, json]) => `, "${name}": ${json}`)
    .join('')}}\n`;
}

/** Empty maps give nothing, but an empty stats map an empty object: that is how bpftrace has it. */
function mapJson({ name, type, scalar, rows }: MapSnapshot): ByteText {
  if (rows.length === 0 && type !== 'stats') return '';
  const [only] = rows;
  const data = scalar && only ? mapValueJson(only.value) : objectJson(rows.map(({ key, value }) => [key, value]));
  return line(type, `{${jsonText(name)}: ${data}}`);
}

/** Keys are texts: without the parentheses of tuples, and without spaces. */
function objectJson(rows: readonly (readonly [Printable, MapValue])[]): ByteText {
  return `{${rows.map(([key, value]) => `${jsonText(keyText(key).replaceAll(' ', ''))}: ${mapValueJson(value)}`).join(', ')}}`;
}

export function mapValueJson(value: MapValue): ByteText {
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'histogram') return histogramJson(value);
    if (value.kind === 'timeSeries') return timeSeriesJson(value);
  }
  return valueJson(value);
}

export function valueJson(value: Printable): ByteText {
  if (value === null) return 'null';
  if (typeof value === 'string') return jsonText(value);
  if (typeof value === 'boolean') return String(value);
  switch (value.kind) {
    case 'float':
      return Number.isFinite(value.value) ? value.text : 'null';
    case 'int':
    case 'symbol':
      return numberJson(value.value);
    case 'array':
    case 'tuple':
      return `[${value.of.map(valueJson).join(',')}]`;
    case 'record':
      return `{${value.fields.map(([name, field]) => `${jsonText(name)}: ${valueJson(field)}`).join(', ')}}`;
    case 'buffer':
      return `[${Array.from(new Int8Array(value.bytes)).join(',')}]`;
  }
}

/** As text where a double, which is all that JSON has, would change the number. */
function numberJson(value: bigint): ByteText {
  return BigInt(Number(value)) === value ? value.toString() : `"${value}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Quotes, backslashes and what comes before the space. */
const NEEDS_ESCAPE = /["\\]|[^ -\xff]/g;
const NOT_ASCII = /[\x80-\xff]/;

/** Valid JSON always, where bpftrace prints bytes above 0x7f as \uffffffNN; bytes that are not UTF-8 become U+FFFD. */
export function jsonText(text: ByteText): ByteText {
  const valid = NOT_ASCII.test(text) ? Buffer.from(Buffer.from(text, 'latin1').toString()).toString('latin1') : text;
  return `"${valid.replace(
    NEEDS_ESCAPE,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}"`;
}

/** Bounds are inclusive here. */
function histogramJson({ lower, labels, counts }: Histogram): ByteText {
  const buckets = counts.map((count, i) => {
    const from = i === 0 ? lower : labels[i - 1];
    const to = labels[i];
    const min = from === undefined ? '' : `"min": ${valueJson(from)}, `;
    const max = to === undefined ? '' : `"max": ${inclusive(to)}, `;
    return `{${min}${max}"count": ${count}}`;
  });
  return `[${buckets.join(',')}]`;
}

function inclusive(bound: Printable): ByteText {
  const isNumber = bound !== null && typeof bound === 'object' && (bound.kind === 'int' || bound.kind === 'symbol');
  return isNumber ? numberJson(BigInt.asIntN(64, bound.value - 1n)) : valueJson(bound);
}

function timeSeriesJson({ points }: TimeSeries): ByteText {
  const recorded = points.flatMap(({ epochNanoseconds, value }) =>
    value === null ? [] : [`{"interval_start":"${utcTime(epochNanoseconds)}","value":${value.value}}`],
  );
  return `[${recorded.join(',')}]`;
}

/** In UTC, as C++ writes a time point. */
function utcTime(epochNanoseconds: bigint): string {
  const seconds = new Date(Number(epochNanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds.replace('T', ' ')}.${(epochNanoseconds % 1_000_000_000n).toString().padStart(9, '0')}`;
}
