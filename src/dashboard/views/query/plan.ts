/** The plan of a statement, on request: an admin asks, PostgreSQL plans, nothing is executed. */
import { type ComponentChild, h } from 'preact';
import { useState } from 'preact/hooks';
import type { AnyQueryRow, PlanAnswer } from '../../../api/index.ts';
import { order } from '../../data/api.ts';
import { store } from '../../state/store.ts';
import { copyText } from '../../ui/copy.ts';
import { Missing } from '../../ui/coverage.ts';
import { Panel } from '../../ui/panel.ts';

export function Plan({ row }: { readonly row: AnyQueryRow }): ComponentChild {
  const [plan, show] = useState<PlanAnswer | undefined>(undefined);
  const [trouble, say] = useState('');
  const why = store.state.permissions?.explain;
  const { cluster, database, fingerprint } = row;
  const explain = async (): Promise<void> => {
    say('asking …');
    try {
      show(await order<PlanAnswer>('/api/explain', { cluster, database, fingerprint }));
      say('');
    } catch (error) {
      say((error as Error).message);
    }
  };
  if (why) return h(Panel, { title: 'Plan' }, h(Missing, { what: 'Plan', reason: `${why}.` }));
  return h(Panel, { title: 'Plan', note: plan?.how }, [
    h('div', { class: 'tools' }, [
      h('button', { type: 'button', onClick: explain }, 'explain'),
      plan && h('button', { type: 'button', onClick: () => copyText(plan.lines.join('\n')) }, 'copy'),
    ]),
    h('p', { role: 'status', class: 'quiet' }, trouble),
    plan && h('pre', { class: 'plan', tabIndex: 0 }, plan.lines.join('\n')),
  ]);
}
