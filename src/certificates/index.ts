/**
 * The certificates of an installation: berth's own authority, ACME servers, the user's files, and what is held of them
 * under `keys/`. Must never let a key out but in `read`, nor decide when a certificate is due (`run` does). Start
 * reading at `certificates.ts`.
 */
export { createCertificates } from './certificates.ts';
export { machineNames } from './machine-names.ts';
