/** Who may see the pages, from where, and what more an admin may do: part of the table of settings. */

export const ACCESS_SETTINGS = {
  users: {
    kind: 'text',
    default: '',
    summary:
      'file of those who may sign in with a password, a line `NAME:viewer|admin:HASH` each; `pebble password` prints one',
  },
  tls_cert: {
    kind: 'text',
    default: '',
    summary: 'certificate of the pages, PEM; needed where other hosts may connect',
  },
  tls_key: { kind: 'text', default: '', summary: 'its key, PEM' },
  names: { kind: 'list', default: [], summary: 'names that browsers may reach the pages by, besides the address' },
  proxy_header: {
    kind: 'text',
    default: '',
    summary: 'header in which a proxy names the user who has signed in there, as `X-Forwarded-User`; off unless given',
  },
  proxy_addresses: {
    kind: 'list',
    default: ['127.0.0.1', '::1'],
    summary: 'addresses that this header is believed from',
  },
  proxy_admins: { kind: 'list', default: [], summary: 'users of the proxy who are admins; others are viewers' },
  allow_signals: {
    kind: 'text',
    default: 'no',
    summary: 'yes or no: whether admins may cancel statements and end sessions; each time is written to the log',
  },
  console: {
    kind: 'text',
    default: 'no',
    summary: 'yes or no: whether admins may run tracing scripts on the pages; unsafe functions stay off',
  },
  drop_privileges: {
    kind: 'text',
    default: 'no',
    summary:
      'yes or no: whether root gives up all capabilities but those of docs/security.md at the start; what programs cost in the kernel is not counted then',
  },
} as const;
