/** What phases.bt must know of a cluster to tell what its statements are at. */
import { type DiscoveredCluster, withServerImage } from '../../postgres/discover/index.ts';

/** `struct phase_profile` of phases.bt; `active_portal` 0: nothing is known of phases. */
export interface PhaseProfile {
  readonly active_portal: bigint;
  readonly current_memory: bigint;
  readonly message_memory: bigint;
  readonly transaction_memory: bigint;
}

const NOT_KNOWN: PhaseProfile = {
  active_portal: 0n,
  current_memory: 0n,
  message_memory: 0n,
  transaction_memory: 0n,
};
/** Variables of the server (tcop/pquery.c, utils/mmgr/mcxt.c). */
const SYMBOLS = ['ActivePortal', 'CurrentMemoryContext', 'MessageContext', 'TopTransactionContext'];

/** All or nothing: where one is missing the others would mislead. */
export function phaseProfile(cluster: DiscoveredCluster): PhaseProfile {
  const places = withServerImage(cluster, (image) => SYMBOLS.map((name) => image.symbol(name)));
  if (places.includes(undefined)) return NOT_KNOWN;
  const [active_portal, current_memory, message_memory, transaction_memory] = places.map((place) => BigInt(place!));
  return {
    active_portal: active_portal!,
    current_memory: current_memory!,
    message_memory: message_memory!,
    transaction_memory: transaction_memory!,
  };
}
