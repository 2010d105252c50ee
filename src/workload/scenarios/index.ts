/** The scenarios of the demonstration. */

import { coldScan } from './cold-scan.ts';
import { commitBound } from './commit-bound.ts';
import { failing } from './failing.ts';
import { hotQuery } from './hot-query.ts';
import { idleInTransaction } from './idle-in-transaction.ts';
import { lockConvoy } from './lock-convoy.ts';
import { orders } from './orders.ts';
import type { Scenario } from './scenario.ts';
import { spillingSort } from './spilling-sort.ts';

export type { Scenario, Session } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  hotQuery,
  lockConvoy,
  commitBound,
  coldScan,
  idleInTransaction,
  orders,
  spillingSort,
  failing,
];
