/**
 * The application file: finds, reads, fills in, merges, checks and resolves it into the model's `Project`. Everything
 * that is wrong is collected with its place and thrown as one error. Must never reach a file but through the given
 * reader, nor look at the process. Start reading at `load.ts`; the one table of keys is `schema/`.
 */
export { covers, namesOf, readCertificates, validityProblem } from './certificate/chain.ts';
export { readPair } from './certificate/pair.ts';
export type { Explained } from './explain.ts';
export { checkProject } from './lint/check.ts';
export type { Checked, ReadSource } from './lint/check.ts';
export type { ListItem } from './list-item.ts';
export type { Finding } from './lint/lint.ts';
export { checksPage } from './lint/page.ts';
export { parseEnvFile } from './env-file.ts';
export { loadProject } from './load.ts';
export type { LoadInput, LoadResult } from './load.ts';
export { formatProblem } from './problem.ts';
export type { Problem } from './problem.ts';
export type { Reader } from './reader.ts';
export { toJsonSchema } from './schema/json-schema.ts';
export { referencePage } from './schema/reference.ts';
export { toYaml } from './text/yaml-write.ts';
