/** A sampler over a discovered server: the tier of observation that needs no eBPF. */

import { PebbleError } from '../../base/errors.ts';
import { type Profile, resolveProfile } from '../layout/index.ts';
import { type BackendArrays, BackendSampler, LockReader, locateBackends } from '../memory/index.ts';
import type { DiscoveredCluster } from './discover.ts';
import { ProcessMemory } from './process-memory.ts';
import { withServerImage } from './server-image.ts';

export interface OpenSampler extends Disposable {
  readonly profile: Profile;
  readonly sampler: BackendSampler;
  readonly locks: LockReader;
  readonly arrays: BackendArrays;
}

export function openSampler(cluster: DiscoveredCluster): OpenSampler {
  const { profile, arrays } = withServerImage(cluster, (image) => {
    const resolved = resolveProfile(image);
    return { profile: resolved, arrays: locateBackends(image, resolved) };
  });
  if (arrays === undefined) throw nothingToLocate(cluster);
  const memory = ProcessMemory.open(cluster.pid);
  return {
    profile,
    sampler: new BackendSampler(profile, memory, arrays),
    locks: new LockReader(profile, memory, arrays),
    arrays,
    [Symbol.dispose]: () => memory.close(),
  };
}

function nothingToLocate(cluster: DiscoveredCluster): PebbleError {
  return new PebbleError('layout', {
    doing: `looking for the backends of postmaster ${cluster.pid}`,
    what: 'none of its processes leads to the array that they are in',
    hint: 'try again once a client is connected',
  });
}
