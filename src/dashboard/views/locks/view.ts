/** View 6: who waits for whom, now and in the window, down to the root. */
import { type ComponentChild, h } from 'preact';
import type { AnyWaitRow } from '../../../api/index.ts';
import { formatCount, formatLoad, formatMicroseconds } from '../../../base/units.ts';
import { useEarlierRows, useRows } from '../../data/rows.ts';
import { PlaceLink } from '../../frame/navigation.ts';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { BlockerTable } from '../../ui/blocker-table.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { type Blocked, treesOf } from '../../ui/lock-tree.ts';
import { Panel } from '../../ui/panel.ts';
import { QueryCell, queryPlace } from '../../ui/query-cell.ts';
import { WaitTable } from '../../ui/wait-table.ts';

export function LocksView(): ComponentChild {
  const { place } = store.state;
  const locks = useRows('locks');
  const earlier = useEarlierRows('locks');
  const waits = useRows('waits');
  const earlierWaits = useEarlierRows('waits');
  const onlyNow = place.own.now === '1';
  const rows = onlyNow ? locks.rows.filter(({ waiting }) => waiting) : locks.rows;
  const trees = treesOf(rows);
  const isLock = (row: AnyWaitRow): boolean => row.wait_event_type === 'Lock';
  const toggle = h('label', {}, [
    h('input', {
      type: 'checkbox',
      checked: onlyNow,
      onChange: () => store.go(withOwn(place, { now: onlyNow ? '' : '1' })),
    }),
    ' only those that wait at the end of the window',
  ]);
  return h('div', {}, [
    h(LoadChart, {
      title: 'Sessions that wait for locks',
      by: 'fingerprint',
      params: { wait_event_type: 'Lock' },
      height: 130,
    }),
    h(BlockerTable, { title: 'Who blocks', locks, earlier }),
    h(
      Panel,
      { title: 'Blocking tree', of: locks, note: toggle },
      trees.length === 0
        ? h('p', { class: 'quiet' }, onlyNow ? 'Nobody waits now.' : 'Nobody waited for a lock in this window.')
        : h(
            'ul',
            { class: 'tree' },
            trees.slice(0, 20).map((tree) => h(Branch, { key: tree.pid, node: tree, depth: 0 })),
          ),
    ),
    h(WaitTable, { title: 'Waits for locks', waits, earlier: earlierWaits, isWanted: isLock, name: 'lock-waits' }),
  ]);
}

/** Below the root, and below those: a queue is wide and shallow, a chain deep and narrow; what is more is counted. */
const MOST_BELOW: readonly number[] = [8, 4, 2];
const DEEPEST = 8;

function Branch({ node, depth }: { readonly node: Blocked; readonly depth: number }): ComponentChild {
  const { pid, application, user, state, wait, waiters } = node;
  const shown = depth < DEEPEST ? waiters.slice(0, MOST_BELOW[depth] ?? 1) : [];
  return h('li', { class: wait?.waiting ? 'waits' : '' }, [
    h('div', { class: 'branch' }, [
      h('span', { class: 'pid' }, pid === 0 ? 'prepared' : String(pid)),
      h('span', { class: 'quiet' }, [application ?? user ?? node.backendType ?? '', ' · ', state ?? 'state not known']),
      wait
        ? waitWords(node)
        : h('strong', {}, ` blocks ${sessionsOf(node)}, ${formatMicroseconds(node.waitUs)} together`),
      // Where nobody knows the statement, what is executed inside of it is not known either.
      node.fingerprint !== null && [
        h(PlaceLink, { to: queryPlace(node.fingerprint), class: 'sql-line', children: h(QueryCell, node) }),
        node.inner &&
          h('span', { class: 'sql-line' }, [
            ' ▸ ',
            node.inner.query === null
              ? h('span', { class: 'quiet' }, '(not known)')
              : h(QueryCell, { query: node.inner.query, fingerprint: null }),
          ]),
      ],
    ]),
    shown.length > 0 &&
      h(
        'ul',
        {},
        shown.map((child, at) => h(Branch, { key: at, node: child, depth: depth + 1 })),
      ),
    waiters.length > shown.length &&
      h('p', { class: 'quiet more' }, `and ${formatCount(waiters.length - shown.length)} more wait for ${pid}`),
  ]);
}

/** In a convoy one's turn comes, too. */
function sessionsOf({ pid, sessions }: Blocked): string {
  const others = [...sessions].filter((other) => other !== pid).length;
  return `${others} ${others === 1 ? 'session' : 'sessions'}`;
}

function waitWords({ wait }: Blocked): ComponentChild {
  const { lock_type, relation, relation_name, mode, blocker_mode, count, wait_us, window_us } = wait!;
  const what = relation === null ? lock_type : `${lock_type} of ${relation_name ?? `relation ${relation}`}`;
  const held = blocker_mode === null ? 'ahead of it in the queue' : `against ${blocker_mode}`;
  return ` ${what}, ${mode} ${held}: ${formatMicroseconds(wait_us)} in ${formatCount(count)} waits (${formatLoad(wait_us / window_us)} sessions)`;
}
