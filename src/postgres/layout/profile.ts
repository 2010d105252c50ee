/** All that is needed to read a running server's memory: where its variables are, and what they look like. */

import { findAddresses, type ServerAddresses } from './addresses.ts';
import type { Layout } from './fields.ts';
import type { ServerImage } from './image.ts';
import { layoutOf } from './majors.ts';
import { validate } from './validate.ts';

export interface Profile {
  readonly major: number;
  readonly layout: Layout;
  /** The same in every child of this postmaster, as they are forked from it. */
  readonly addresses: ServerAddresses;
}

/** Refuses, with a `layout` error, a server that does not look as its major should. */
export function resolveProfile(image: ServerImage): Profile {
  const layout = layoutOf(image.major);
  const profile = { major: image.major, layout, addresses: findAddresses(image, layout) };
  validate(image, profile);
  return profile;
}
