/** The API in the words of OpenAPI 3.1: a test holds it against the server. */
import { ROW_KINDS } from './answers/rows.ts';
import { CHANGES } from './changes.ts';
import { FACETS } from './question.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'query';
  readonly description: string;
  readonly schema: { readonly type: string; readonly format?: string };
}

const parameter = (name: string, description: string, type = 'string', format?: string): Parameter => ({
  name,
  in: 'query',
  description,
  schema: { type, ...(format && { format }) },
});

const RANGE = [
  parameter('last', 'a duration that ends now: `90s`, `5m`, `1d`'),
  parameter('from', 'instead of it: the beginning', 'string', 'date-time'),
  parameter('to', 'and the end', 'string', 'date-time'),
];
const FILTERS = FACETS.map((name) => parameter(name, `only rows whose \`${name}\` is this, as in --json`));
const TEXTS = parameter('texts', 'characters of each statement, at most: `/api/text` has the whole', 'integer');
const POINTS = parameter('points', 'steps that the answer should have, about', 'integer');

const PATHS: Readonly<Record<string, readonly [summary: string, parameters: readonly Parameter[]]>> = {
  '/api/status': ['What is watched and what that costs', []],
  '/api/stream': [
    'The same with each reading (every two seconds; samples: each second), as server-sent events: whole at first, then what has changed',
    [],
  ],
  '/api/catalog': ['What PostgreSQL says of itself, by SQL connection', []],
  '/api/me': ['What the reader may do', []],
  '/api/load': [
    'Average active sessions over time, split by a field',
    [
      ...RANGE,
      ...FILTERS,
      parameter('by', `one of ${FACETS.join(', ')}`),
      POINTS,
      parameter('top', 'series at most', 'integer'),
    ],
  ],
  '/api/mix': ['What the time of each statement consists of', [...RANGE, ...FILTERS]],
  '/api/heatmap': ['Latencies over time', [...RANGE, ...FILTERS, POINTS]],
  '/api/heatmap/io': [
    'Latencies of requests to block devices over time',
    [...RANGE, ...FILTERS, POINTS, parameter('device', 'only this one'), parameter('operation', 'only read, write …')],
  ],
  '/api/fleet': ['Hosts and clusters side by side', [...RANGE, ...FILTERS, POINTS]],
  '/api/history': ['What is kept of the past, and whether it is being written', []],
  '/api/text': ['The full text of a statement', [...RANGE, parameter('fingerprint', 'of the statement')]],
  '/api/openapi.json': ['This description', []],
  ...Object.fromEntries(
    ROW_KINDS.map((kind) => [
      `/api/rows/${kind}`,
      [
        `Rows of ${kind} as docs/json.md describes them, or why there are none`,
        [
          ...RANGE,
          ...FILTERS,
          TEXTS,
          ...(kind === 'queries' ? [parameter('top', 'only those with the most time', 'integer')] : []),
          ...(kind === 'profile' ? [parameter('kind', 'on_cpu or off_cpu')] : []),
        ],
      ] as const,
    ]),
  ),
};

const RESPONSES = {
  200: { description: 'JSON', content: { 'application/json': {} } },
  400: { description: 'what is wrong with the address' },
  401: { description: 'not signed in' },
};

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Pebble', version: '1', description: 'What the dashboard asks the agent. Types: src/api.' },
  paths: {
    ...Object.fromEntries(
      Object.entries(PATHS).map(([path, [summary, parameters]]) => [
        path,
        { get: { summary, parameters, responses: RESPONSES } },
      ]),
    ),
    ...Object.fromEntries(
      Object.keys(CHANGES).map((path) => [
        path,
        {
          post: {
            summary: 'For admins, from pages of this server only',
            requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
            responses: { ...RESPONSES, 403: { description: 'not an admin, not configured, or another origin' } },
          },
        },
      ]),
    ),
  },
} as const;
