/** Cancels a statement or ends a session, after a question; the agent writes down who did it. */
import { type ComponentChild, h } from 'preact';
import { useState } from 'preact/hooks';
import type { SessionRow, SignalAnswer } from '../../../api/index.ts';
import { order } from '../../data/api.ts';

const ACTS = [
  ['cancel', 'Cancel what it executes'],
  ['terminate', 'End the session'],
] as const;

export function SignalButtons({ row }: { readonly row: SessionRow }): ComponentChild {
  const [said, say] = useState('');
  if (row.backend_type !== 'client backend') return null;
  const act = async (action: string, words: string): Promise<void> => {
    const who = `process ${row.pid} (${row.application ?? row.user ?? 'not named'}) of ${row.cluster}`;
    if (!confirm(`${words}: ${who}?`)) return;
    const sent = order<SignalAnswer>('/api/signal', { cluster: row.cluster, pid: row.pid, action });
    say(
      await sent.then(
        ({ done }) => done,
        (error: Error) => error.message,
      ),
    );
  };
  return h('span', {}, [
    ACTS.map(([action, words]) =>
      h('button', { key: action, type: 'button', onClick: () => act(action, words) }, action),
    ),
    h('span', { role: 'status', class: 'quiet' }, said),
  ]);
}
