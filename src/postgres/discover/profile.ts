/** From a discovered cluster to what is needed to read its memory. */

import { type Profile, resolveProfile } from '../layout/index.ts';
import type { DiscoveredCluster } from './discover.ts';
import { withServerImage } from './server-image.ts';

/** A few milliseconds; throws a `layout` error for a server that does not look as its major should. */
export function profileOf(cluster: DiscoveredCluster): Profile {
  return withServerImage(cluster, resolveProfile);
}
