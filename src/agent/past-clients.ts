/** Rows of who asked, from what a store keeps of it. */
import type { ClientRow, HistoryRows } from '../api/index.ts';
import type { Filter, Sample, Store, Summed, TimeRange } from '../store/index.ts';
import { headOf, reader, windowOf } from './past-rows.ts';

/** Those with the most time first. */
export async function pastClients(store: Store, range: TimeRange, where: Filter): Promise<HistoryRows<ClientRow>> {
  const summed = await store.sum({ kind: 'clients', range, where });
  const rows = summed.samples.map((sample) => clientRow(sample, summed));
  return { ...windowOf(summed), rows: rows.sort((a, b) => b.total_us - a.total_us) };
}

function clientRow(sample: Sample, summed: Summed) {
  const part = reader('clients', sample);
  const host = part('host') ?? '';
  const [requests = 0, on_cpu_us = 0, off_cpu_us = 0, run_queue_us = 0] = sample.values;
  return {
    host,
    ...headOf(host, part('cluster'), part('system_identifier'), summed),
    database: part('database'),
    user: part('user'),
    application: part('application') ?? '',
    client: part('client'),
    requests,
    on_cpu_us,
    off_cpu_us,
    run_queue_us,
    total_us: on_cpu_us + off_cpu_us + run_queue_us,
  };
}
