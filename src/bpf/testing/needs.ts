/** For tests: why this kernel cannot run one, in the words of the feature probes. */
import { type FeatureName, feature } from '../features/index.ts';

/** For `skip`: false when all of these are there. */
export async function lacking(...names: readonly FeatureName[]): Promise<string | false> {
  for (const name of names) {
    const { available, title, since, reason } = await feature(name);
    if (!available) return `no ${title} (Linux ${since}): ${reason}`;
  }
  return false;
}
