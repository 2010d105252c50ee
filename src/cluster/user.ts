/** The unprivileged user that PostgreSQL runs as: it refuses to run as root. */

import { readFileSync } from 'node:fs';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Ourselves without root; with root `postgres` where that user exists, else `nobody`. */
export function unprivilegedUser(): Identity {
  const uid = process.getuid!();
  const users = passwd();
  if (uid !== 0) return users.find((user) => user.uid === uid) ?? { uid, gid: process.getgid!(), name: String(uid) };
  for (const name of ['postgres', 'nobody']) {
    const user = users.find((candidate) => candidate.name === name);
    if (user) return user;
  }
  return { uid: 65534, gid: 65534, name: 'nobody' };
}

/** The uid and gid to spawn a program with: none unless we are root, as only root may change them. */
export function spawnAs(user: Identity): { uid?: number; gid?: number } {
  return process.getuid!() === 0 ? { uid: user.uid, gid: user.gid } : {};
}

function passwd(): Identity[] {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid), gid: Number(gid) }));
}
