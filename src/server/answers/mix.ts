/** What the time of each statement consists of: microseconds by `CPU`, `Run queue` and wait event type. */
import type { MixAnswer } from '../../api/index.ts';
import type { Store } from '../../store/index.ts';
import type { Question } from '../question.ts';
import { activities } from './activity.ts';

export async function mixAnswer(store: Store, { range, facets }: Question): Promise<MixAnswer> {
  const [all] = await activities(store, facets, ['fingerprint', 'wait_event_type'], { range });
  const mix: Record<string, Record<string, number>> = {};
  for (const { us, field } of all?.activities ?? []) {
    const [fingerprint, type] = [field('fingerprint') ?? '', field('wait_event_type') ?? 'unknown'];
    mix[fingerprint] ??= {};
    mix[fingerprint][type] = (mix[fingerprint][type] ?? 0) + us;
  }
  return { mix };
}
