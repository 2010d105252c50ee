/** Links: programs attached to their hooks, each in the best way that the kernel knows. */
export { attach } from './attach.ts';
export { type FollowedLink, type FollowOptions, follow, type UserLinkSpec } from './follow.ts';
export type { IterLink } from './iter.ts';
export { Link, type Strategy } from './link.ts';
