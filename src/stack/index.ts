/**
 * From a source tree to the way to build and start it: stack, version, start command, Dockerfile, `.dockerignore` and
 * a Compose draft. Pure over the FileTree port; must never write a file or run a program. Start reading at `detect.ts`,
 * then `node.ts`; a new stack is one file that fills in a `Recipe`, and a line in `detect.ts`.
 */
export { composeDraft } from './compose-draft.ts';
export { detectStack } from './detect.ts';
export type { Detection } from './detection.ts';
export { readSource } from './read-source.ts';
