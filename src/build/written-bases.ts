import type { WantedBase } from './bases.ts';

/**
 * The bases that a Dockerfile of `berth init --dockerfile` names in its `ARG BERTH_BASE_…` lines, so that it builds
 * where no registry is, as the generated one does. An argument that the file of the app sets is the user's own choice.
 */
export function writtenBases(dockerfile: string, args: Readonly<Record<string, string>>): WantedBase[] {
  return [...dockerfile.matchAll(/^ARG (BERTH_BASE_([A-Z]+?)(_BUILD)?)=(\S+:(\d+(?:\.\d+)*)\S*)$/gm)].flatMap((match) => {
    const [, argument = '', language = '', forBuild, registry = '', version = ''] = match;
    if (args[argument] !== undefined) return [];
    return [{ argument, id: `${language.toLowerCase()}-${forBuild === undefined ? 'run' : 'build'}:${version}`, registry }];
  });
}
