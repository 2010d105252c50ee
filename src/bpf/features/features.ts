/** Asks what this kernel can do, each thing once. */
import type { Feature, FeatureRow } from './feature.ts';
import { HOOK_FEATURES } from './hook-features.ts';
import { MAP_FEATURES } from './map-features.ts';
import { PROGRAM_FEATURES } from './program-features.ts';

const FEATURES = { ...MAP_FEATURES, ...PROGRAM_FEATURES, ...HOOK_FEATURES };
export type FeatureName = keyof typeof FEATURES;
export const FEATURE_NAMES = Object.keys(FEATURES) as readonly FeatureName[];

const known = new Map<FeatureName, Promise<Feature>>();

/** What this kernel and these privileges give, found by trying; the answer is kept. */
export function feature(name: FeatureName): Promise<Feature> {
  let answer = known.get(name);
  if (answer === undefined) {
    answer = probe(name, FEATURES[name]);
    known.set(name, answer);
  }
  return answer;
}

export async function hasFeature(name: FeatureName): Promise<boolean> {
  return (await feature(name)).available;
}

async function probe(name: FeatureName, { title, since, without, probe: tryIt }: FeatureRow): Promise<Feature> {
  const reason = await tryIt();
  return reason === undefined
    ? { name, title, since, available: true }
    : { name, title, since, available: false, reason, without };
}
