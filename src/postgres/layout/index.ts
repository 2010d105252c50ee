/** PostgreSQL's memory, per major: where fields lie, where variables are, and whether a running server looks so. */

export { findAddresses, type ServerAddresses } from './addresses.ts';
export type { Layout, StructName } from './fields.ts';
export type { AddressRange, ChildImage, ServerImage } from './image.ts';
export { layoutOf, SUPPORTED_MAJORS } from './majors.ts';
export { type Profile, resolveProfile } from './profile.ts';
