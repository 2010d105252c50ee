/** Takes a profile now: the button, and what it says meanwhile. */
import { type ComponentChild, h } from 'preact';
import { useState } from 'preact/hooks';
import type { ProfileAnswer } from '../../../api/index.ts';
import { order } from '../../data/api.ts';
import { store } from '../../state/store.ts';

const SECONDS = 10;

export function TakeProfile({ kind }: { readonly kind: string }): ComponentChild {
  const [state, setState] = useState<{ readonly busy: boolean; readonly said: string }>({ busy: false, said: '' });
  if (store.state.permissions?.role !== 'admin') return null;
  const take = async (): Promise<void> => {
    setState({ busy: true, said: `taking stacks for ${SECONDS} s …` });
    const sent = order<ProfileAnswer>('/api/profile', { kind, seconds: SECONDS });
    const said = await sent.then(
      ({ samples }) => `${samples} samples`,
      (error: Error) => error.message,
    );
    setState({ busy: false, said });
  };
  return h('span', {}, [
    h('button', { type: 'button', disabled: state.busy, onClick: take }, `take a profile (${SECONDS} s)`),
    h('span', { class: 'quiet', role: 'status' }, ` ${state.said}`),
  ]);
}
