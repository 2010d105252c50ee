/** What a run on one kernel gave: the lines that the guest prints, and what of them is not as it should be. */
import type { Feature } from '../../src/bpf/features/index.ts';
import type { AttributionResult } from './attribution.ts';
import { compareVersions } from './debian.ts';
import type { Kernel } from './kernels.ts';
import type { Result } from './matrix/index.ts';
import type { ToolResult } from './tools.ts';

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly skipped: number;
  /** Names of failed tests, or what else went wrong. */
  readonly failures: readonly string[];
}

/** A line of the guest. */
export type Line =
  | { readonly kind: 'row'; readonly value: Result }
  | { readonly kind: 'feature'; readonly value: Feature }
  | { readonly kind: 'suite'; readonly value: SuiteResult }
  | { readonly kind: 'attribution'; readonly value: AttributionResult }
  | { readonly kind: 'tool'; readonly value: ToolResult };

export interface Report {
  readonly name: string;
  /** `uname -r`. */
  readonly release: string;
  readonly seconds: number;
  /** Day of the run, as in 2026-11-26. */
  readonly day: string;
  readonly rows: readonly Result[];
  readonly features: readonly Feature[];
  readonly suites: readonly SuiteResult[];
  /** At most one; absent in reports of before it was tried, as the next. */
  readonly attribution?: readonly AttributionResult[];
  readonly tools?: readonly ToolResult[];
}

export const LINE_MARK = '@pebble ';

/** Other lines than ours are none of the report. */
export function parseLine(line: string): Line | undefined {
  return line.startsWith(LINE_MARK) ? (JSON.parse(line.slice(LINE_MARK.length)) as Line) : undefined;
}

export function reportOf(lines: readonly Line[], about: Pick<Report, 'name' | 'release' | 'seconds'>): Report {
  const values = <K extends Line['kind']>(kind: K) =>
    lines.filter((line) => line.kind === kind).map(({ value }) => value as (Line & { kind: K })['value']);
  return {
    ...about,
    day: new Date().toISOString().slice(0, 10),
    rows: values('row'),
    features: values('feature'),
    suites: values('suite'),
    attribution: values('attribution'),
    tools: values('tool'),
  };
}

/** What was run now, and of an earlier run what was not. */
export function merged(now: Report, before: Report | undefined): Report {
  const or = <T>(some: readonly T[] | undefined, others: readonly T[] | undefined) =>
    some !== undefined && some.length > 0 ? some : (others ?? []);
  return {
    ...now,
    rows: or(now.rows, before?.rows),
    features: or(now.features, before?.features),
    suites: or(now.suites, before?.suites),
    attribution: or(now.attribution, before?.attribution),
    tools: or(now.tools, before?.tools),
  };
}

/** Sentences about what failed, and about features that this version should have; none when all is well. */
export function complaints(report: Report, kernel?: Kernel): string[] {
  const failed = report.rows.flatMap((row) => (row.status === 'failed' ? [`${row.row}: ${row.reason}`] : []));
  const tests = report.suites.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`));
  // Of other kernels than the table's nobody knows how they were built.
  const missing = kernel === undefined ? [] : report.features.filter((feature) => isMissing(feature, report, kernel));
  return [
    ...failed,
    ...tests,
    ...(report.attribution ?? []).flatMap(attributionComplaints),
    ...missing.map(({ title, since, reason }) => `${title}: came with Linux ${since}, but is not there: ${reason}`),
  ].map((sentence) => sentence.replace(/\s+/g, ' ').trim());
}

/** What was counted must be right where it is said to be exact, and no request be missed. */
function attributionComplaints(result: AttributionResult): string[] {
  const { requests, calls, texts, wrong, dropped } = result;
  const isMissed = (name: 'clients' | 'commits'): boolean => result[name]?.seen !== result[name]?.known;
  return [
    // Statements are compared by their texts: without them nothing would be wrong.
    ...(2 * texts.seen > texts.known ? [] : [`attribution: the texts of ${texts.seen} of ${texts.known} rows`]),
    ...(requests.seen === requests.known ? [] : [`attribution: ${requests.seen} of ${requests.known} requests`]),
    ...(calls.seen === calls.known
      ? []
      : [`attribution: ${calls.seen} of the ${calls.known} calls of pg_stat_statements`]),
    ...wrong.map((one) => `attribution: ${one}`),
    ...(isMissed('clients')
      ? [`attribution: ${result.clients!.seen} of ${result.clients!.known} requests by application`]
      : []),
    ...(isMissed('commits') ? [`attribution: ${result.commits!.seen} of ${result.commits!.known} commits`] : []),
    ...(dropped === 0 ? [] : [`attribution: ${dropped} events lost`]),
  ];
}

function isMissing({ name, since, available }: Feature, { release }: Report, { lacks = {} }: Kernel): boolean {
  return !available && compareVersions(since, release) <= 0 && !(name in lacks);
}
