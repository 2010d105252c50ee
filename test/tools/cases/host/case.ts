/** What a case of a tool for the host is, and what their checks share. */
import assert from 'node:assert/strict';
import type { Row, Seen } from '../../harness.ts';

export interface HostCase {
  readonly tool: string;
  readonly load: string;
  readonly arguments?: readonly string[];
  readonly filter?: boolean;
  readonly meter?: () => number;
  readonly counts?: (pid: number) => number;
  /** A probe: why the load cannot run here. */
  readonly unable?: () => string | false | Promise<string | false>;
  readonly check: (seen: Seen) => void;
}

export const rowWhere = (rows: readonly Row[], field: string, value: unknown): Row[] =>
  rows.filter((row) => row[field] === value);

export function assertBetween(count: number, least: number, most: number): void {
  assert.ok(count >= least && count <= most, `${count}, not ${least} to ${most}`);
}
