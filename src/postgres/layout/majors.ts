/** The data per major. */

import { PebbleError } from '../../base/errors.ts';
import type { Layout } from './fields.ts';
import { LAYOUT_13 } from './generated/13.ts';
import { LAYOUT_14 } from './generated/14.ts';
import { LAYOUT_15 } from './generated/15.ts';
import { LAYOUT_16 } from './generated/16.ts';
import { LAYOUT_17 } from './generated/17.ts';
import { LAYOUT_18 } from './generated/18.ts';

const LAYOUTS: readonly Layout[] = [LAYOUT_13, LAYOUT_14, LAYOUT_15, LAYOUT_16, LAYOUT_17, LAYOUT_18];

export const SUPPORTED_MAJORS: readonly number[] = LAYOUTS.map((layout) => layout.major);

export function layoutOf(major: number): Layout {
  const layout = LAYOUTS.find((candidate) => candidate.major === major);
  if (layout) return layout;
  throw new PebbleError('unsupported', {
    doing: `looking into PostgreSQL ${major}`,
    what: `its structures are not known here: ${SUPPORTED_MAJORS.join(', ')} are`,
    hint: 'docs/adding-a-postgresql-major.md says how to add one',
  });
}
