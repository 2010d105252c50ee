/**
 * Validate or refuse: what the children's memory says of them must be what /proc says. A wrong offset would not fail by
 * itself, it would show wrong numbers.
 */

import { PebbleError } from '../../base/errors.ts';
import { pointerAt, readBlock, readPointer } from '../memory/memory.ts';
import type { ChildImage, ServerImage } from './image.ts';
import type { Profile } from './profile.ts';

/** A child that starts or ends meanwhile may not agree with itself for a moment. */
const ROUNDS = 3;

/** These put their type into the process title; other types put a name of their own there. */
const TITLED = [
  'checkpointer',
  'background writer',
  'walwriter',
  'autovacuum launcher',
  'archiver',
  'startup',
  'walreceiver',
];

export function validate(image: ServerImage, profile: Profile): void {
  let complaints: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const verdicts = image.children.map((child) => examine(child, profile));
    complaints = verdicts.filter((verdict) => typeof verdict === 'string');
    if (complaints.length === 0 && verdicts.includes(true)) return;
  }
  throw new PebbleError('layout', {
    doing: `checking the memory of postmaster ${image.pid} against PostgreSQL ${profile.major}`,
    what: complaints[0] ?? `none of its ${image.children.length} children could be read`,
    hint: 'this build of PostgreSQL cannot be observed; please report it with its version and origin',
    detail: complaints.join('\n'),
  });
}

/** True: agrees. Undefined: has no such structures, or has ended. Text: what does not agree. */
function examine(child: ChildImage, profile: Profile): true | undefined | string {
  const { layout, addresses } = profile;
  const procAddress = readPointer(child.memory, addresses.MyProc);
  const entryAddress = readPointer(child.memory, addresses.MyBEEntry);
  if (!procAddress || !entryAddress) return undefined;
  const proc = readBlock(child.memory, procAddress, layout.sizes.PGPROC);
  const entry = readBlock(child.memory, entryAddress, layout.sizes.PgBackendStatus);
  if (!proc || !entry) return `process ${child.pid}: MyProc or MyBEEntry point to nothing`;
  return (
    judgePids(child, profile, proc, entry) ??
    judgeType(child, profile, entry) ??
    judgeIdentity(child, profile, proc, entry) ??
    judgeWait(child, profile, procAddress) ??
    true
  );
}

function judgePids(child: ChildImage, { layout }: Profile, proc: DataView, entry: DataView): string | undefined {
  const pids = [
    proc.getInt32(layout.offsets.PGPROC.pid, true),
    entry.getInt32(layout.offsets.PgBackendStatus.st_procpid, true),
  ];
  if (pids.every((pid) => pid === child.pid)) return undefined;
  return `process ${child.pid}: its memory says pid ${pids.join(' and ')}`;
}

function judgeType(child: ChildImage, { layout }: Profile, entry: DataView): string | undefined {
  const type = entry.getInt32(layout.offsets.PgBackendStatus.st_backendType, true);
  const name = layout.backendTypes[type];
  const titled = TITLED.find((candidate) => new RegExp(`^postgres: (.*: )?${candidate}( |$)`).test(child.title));
  if (name !== undefined && type > 0 && (titled === undefined || titled === name)) return undefined;
  return `process ${child.pid}: its memory says backend type ${type} (${name ?? 'unknown'}), its title "${child.title}"`;
}

/** Database and role are kept twice; a session that still starts has them in one place only. */
function judgeIdentity(child: ChildImage, { layout }: Profile, proc: DataView, entry: DataView): string | undefined {
  const { PGPROC, PgBackendStatus } = layout.offsets;
  const pairs = [
    ['database', entry.getUint32(PgBackendStatus.st_databaseid, true), proc.getUint32(PGPROC.databaseId, true)],
    ['user', entry.getUint32(PgBackendStatus.st_userid, true), proc.getUint32(PGPROC.roleId, true)],
  ] as const;
  for (const [what, shown, held] of pairs) {
    if (shown !== 0 && held !== 0 && shown !== held)
      return `process ${child.pid}: ${what} ${shown} here and ${held} there`;
  }
  return undefined;
}

function judgeWait(child: ChildImage, { layout, addresses }: Profile, procAddress: number): string | undefined {
  if (addresses.my_wait_event_info === undefined) return undefined;
  const target = readBlock(child.memory, addresses.my_wait_event_info, 8);
  const distance = target ? pointerAt(target, 0) - procAddress : undefined;
  if (distance === layout.offsets.PGPROC.wait_event_info) return undefined;
  return `process ${child.pid}: my_wait_event_info points ${distance} bytes into PGPROC, not ${layout.offsets.PGPROC.wait_event_info}`;
}
