/** The agent's status, once and then every second; a lost connection is said and made again. */
import type { Permissions, Status } from '../../api/index.ts';
import { store } from '../state/store.ts';
import { ask } from './api.ts';

export function follow(): void {
  ask<Status>('/api/status').then((status) => store.set({ status }), lost);
  ask<Permissions>('/api/me').then((permissions) => store.set({ permissions }), lost);
  const source = new EventSource('/api/stream');
  source.onopen = () => store.set({ connected: true });
  source.onerror = lost;
  source.onmessage = ({ data }: MessageEvent<string>) => {
    store.set({ status: JSON.parse(data) as Status, connected: true });
  };
}

const lost = (): void => store.set({ connected: false });
