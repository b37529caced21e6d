/**
 * Makes images: finds a build tool with BuildKit, runs it, makes base images where no registry is, and hashes what a
 * build depends on. Must never write into a user's tree, nor pass a value through a shell. Start reading at `builder.ts`.
 */
export { createBuilder } from './builder.ts';
export { collectBuildEnvironment } from './environment.ts';
export { openFileTree } from './file-tree.ts';
export { hashBuild } from './hash-build.ts';
export { makePackagedImage } from './packaged-image.ts';
