/** What a scenario is: sessions that repeat something until they are stopped. */

import type { Connection } from '../../postgres/client/index.ts';

export interface Scenario {
  /** Also the application_name of its sessions. */
  readonly name: string;
  /** What a DBA should find, one sentence. */
  readonly trouble: string;
  readonly sessions: number;
  /** Statements, run once before all; everything lives in the schema `demo`. */
  readonly setup: readonly string[];
  run(session: Session): Promise<void>;
}

export interface Session {
  readonly connection: Connection;
  /** 0 to sessions - 1 */
  readonly index: number;
  /** Resolves early when the workload is stopped. */
  pause(ms: number): Promise<void>;
  readonly stopped: boolean;
}
