/** Runs the scenarios side by side until it is stopped; sessions reconnect when the server restarts. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, SqlError } from '../postgres/client/index.ts';
import { SCENARIOS, type Scenario } from './scenarios/index.ts';
import type { WorkloadTarget } from './workload.ts';

const RECONNECT_MS = 500;

/** Resolves when the tables are there; then `running` until the signal aborts. */
export async function prepareDemo(target: WorkloadTarget): Promise<(signal: AbortSignal) => Promise<void>> {
  const connection = await Connection.open(target);
  await connection.query('DROP SCHEMA IF EXISTS demo CASCADE; CREATE SCHEMA demo');
  for (const scenario of SCENARIOS) {
    for (const statement of scenario.setup) await connection.query(statement);
  }
  await connection.close();
  return async (signal) => {
    const sessions = SCENARIOS.flatMap((scenario) =>
      Array.from({ length: scenario.sessions }, (_, index) => keepRunning(target, scenario, index, signal)),
    );
    await Promise.all(sessions);
  };
}

async function keepRunning(
  target: WorkloadTarget,
  scenario: Scenario,
  index: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await runSession(target, scenario, index, signal);
    } catch (error) {
      if (error instanceof SqlError && !isServerEnding(error)) throw error;
      await pause(RECONNECT_MS, signal);
    }
  }
}

async function runSession(
  target: WorkloadTarget,
  scenario: Scenario,
  index: number,
  signal: AbortSignal,
): Promise<void> {
  const connection = await Connection.open({ ...target, applicationName: scenario.name });
  try {
    await scenario.run({
      connection,
      index,
      pause: (ms) => pause(ms, signal),
      get stopped() {
        return signal.aborted;
      },
    });
  } finally {
    await connection.close();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Class 57, operator intervention: shutdown, crash, cannot connect now. */
function isServerEnding(error: SqlError): boolean {
  return error.sqlstate.startsWith('57');
}
