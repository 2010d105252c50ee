/** Tools of the topic "host: network": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { entries, sum } from '../../harness.ts';
import { COUNTS, GO, LOOKED_UP } from '../../load.ts';
import { noNetworkOfItsOwn } from '../../loads/network.ts';
import { missing, noTlsWithin } from '../../loads/talk.ts';
import { type HostCase, rowWhere } from './case.ts';

export const NETWORK: readonly HostCase[] = [
  {
    tool: 'tcpconnect',
    load: 'connections',
    check: ({ rows, said }) => assert.equal(rowWhere(rows, 'port', Number(said)).length, COUNTS.connections),
  },
  {
    tool: 'tcpconnlat',
    load: 'connections',
    check: ({ rows, said }) => assert.equal(rowWhere(rows, 'port', Number(said)).length, COUNTS.connections),
  },
  {
    tool: 'tcpaccept',
    load: 'connections',
    filter: false,
    check: ({ rows, said }) => assert.equal(rowWhere(rows, 'port', Number(said)).length, COUNTS.connections),
  },
  {
    tool: 'tcplife',
    load: 'connections',
    filter: false,
    check: ({ rows, said, pid }) => {
      const asked = rows.filter((row) => row.rport === Number(said) && row.pid === pid);
      assert.equal(asked.length, COUNTS.connections);
      for (const { received_bytes } of asked)
        assert.ok(Math.abs(Number(received_bytes) - 1000) <= 1, String(received_bytes));
    },
  },
  {
    tool: 'gethostlatency',
    load: 'lookups',
    filter: false,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'host', LOOKED_UP).length, COUNTS.lookups),
  },
  {
    tool: 'tcpdrop',
    load: 'refused',
    filter: false,
    // A packet for a port that nobody listens on is dropped.
    check: ({ rows, said }) => {
      const own = rowWhere(rows, 'port', Number(said));
      assert.equal(sum(rowWhere(own, 'place', 'tcp_v4_rcv'), 'drops'), COUNTS.connections, JSON.stringify(rows));
    },
  },
  {
    tool: 'tcpsynbl',
    load: 'queued',
    filter: false,
    check: ({ rows, said }) => {
      const [row] = rowWhere(rows, 'port', Number(said));
      assert.deepEqual(row && { limit: row.limit, waiting: row.waiting }, {
        limit: 31,
        waiting: [
          { min: 1, max: 1, count: 1 },
          { min: 2, max: 3, count: 2 },
          { min: 4, max: 7, count: 4 },
        ],
      });
    },
  },
  {
    tool: 'undump',
    load: 'unix',
    check: ({ rows }) => {
      // What starts the load comes through a socket, too.
      assert.equal(sum(rows, 'received'), GO.length + COUNTS.messages * 1000);
    },
  },
  {
    tool: 'tcpretrans',
    load: 'unanswered',
    filter: false,
    unable: noNetworkOfItsOwn,
    check: ({ rows, said }) => {
      const again = rowWhere(rows, 'remote', '10.99.0.2');
      assert.ok(again.length >= COUNTS.connections, String(again.length));
      assert.equal(again.length, Number(said), 'RetransSegs of its network');
      assert.deepEqual([...new Set(again.map(({ state, rport }) => `${state} ${rport}`))], ['SYN_SENT 4242']);
    },
  },
  {
    tool: 'sslsnoop',
    load: 'tls',
    filter: false,
    unable: () => missing('openssl'),
    check: ({ rows, said }) => {
      const [client, server] = said.split(' ').map(Number);
      const lines = rowWhere(rows, 'pid', client).filter(({ result }) => Number(result) > 0);
      assert.deepEqual(
        ['read', 'write'].map((call) => rowWhere(lines, 'call', call).length),
        [COUNTS.messages, COUNTS.messages],
      );
      // "line 0" to "line 16", each with its end.
      assert.equal(sum(rowWhere(lines, 'call', 'write'), 'result'), 10 * 7 + 7 * 8);
      assert.equal(rowWhere(rowWhere(rows, 'pid', server), 'call', 'handshake').length, 1);
    },
  },
  {
    tool: 'ssllatency',
    load: 'tlsWithin',
    unable: noTlsWithin,
    // Both ends are one process.
    check: ({ rows }) =>
      assert.deepEqual(
        ['handshake', 'read', 'write'].map((call) => entries(rowWhere(rows, 'key', call), 'us')),
        [2, 2 * COUNTS.messages, 2 * COUNTS.messages],
        JSON.stringify(rows),
      ),
  },
];
