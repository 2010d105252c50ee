/** Whether somebody else could write a file or folder whose content we act on: what he writes, we would do. */

interface Stats {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * In words, or nothing. Trusted are root, ourselves, and whoever has called us by sudo; a group may write where it is root's,
 * or where it is named by the owner's number, as most systems give each user one of his own.
 */
export function strangerWhoWrites({ uid, gid, mode }: Stats): string | undefined {
  const trusted = [0, process.geteuid?.(), ...(process.geteuid?.() === 0 ? [Number(process.env.SUDO_UID ?? 0)] : [])];
  if (!trusted.includes(uid)) return `it belongs to user ${uid}`;
  if ((mode & 0o002) !== 0) return 'every user may write it';
  if ((mode & 0o020) !== 0 && gid !== 0 && gid !== uid) return `group ${gid} may write it`;
  return undefined;
}
