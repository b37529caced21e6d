import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import { composeDraft, detectStack } from '../stack/index.ts';
import type { Context } from './context.ts';
import { list } from './format.ts';
import { nameOf } from './load/application.ts';

/** Names under which Compose finds a file; any of them means that there is one. */
const composeNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** Writes a compose.yaml (and the Dockerfile) for the detected stack. What is there stays as it is, unless forced. */
export async function initProject(context: Context, flags: { readonly dockerfile: boolean; readonly force: boolean }): Promise<number> {
  const { directory, world } = context;
  const found = await detectStack(await world.sources.tree(directory));
  if (found === undefined) {
    throw new BerthError('STACK_UNKNOWN', `No stack that berth knows was found in ${directory}.`, {
      hint: 'berth knows Node (package.json with a start script) and Python (requirements.txt). For anything else, write a Dockerfile and a compose.yaml.',
    });
  }
  const wanted: readonly (readonly [name: string, text: string])[] = [
    ['compose.yaml', composeDraft(found, context.globals.project ?? nameOf(directory))],
    ...(flags.dockerfile
      ? ([
          ['Dockerfile', found.dockerfile],
          ['.dockerignore', found.dockerignore],
        ] as const)
      : []),
  ];
  const kept = flags.force ? [] : await existing(context, wanted);
  const texts = wanted.filter(([name]) => !kept.some((each) => isSame(each, name)));
  if (texts.length === 0) {
    throw new BerthError('USAGE', `${list(kept)} ${kept.length === 1 ? 'is' : 'are'} there already in ${directory}; nothing was written.`, {
      hint: 'Add `--force` to write over it.',
    });
  }
  for (const [name, text] of texts) await world.files.write(join(directory, name), text);
  if (context.globals.json) {
    context.printJson({ stack: found.stack, version: found.version, port: found.port, why: found.why, files: texts.map(([name]) => name) });
    return 0;
  }
  context.print(`${found.stack} ${found.version}, port ${found.port}`);
  for (const why of found.why) context.print(`  ${why}`);
  for (const warning of found.warnings) context.say(`${context.err.yellow('warning:')} ${warning}`);
  if (kept.length > 0) context.print(`kept ${list(kept)}`);
  context.print(`wrote ${list(texts.map(([name]) => name))}\nnext: berth up`);
  return 0;
}

/** The files that are there already under one of these names. */
async function existing({ directory, world }: Context, wanted: readonly (readonly [name: string, text: string])[]): Promise<string[]> {
  const candidates = wanted.flatMap(([name]) => (isComposeName(name) ? composeNames : [name]));
  const found = await Promise.all(candidates.map((name) => world.files.exists(join(directory, name))));
  return candidates.filter((_name, i) => found[i]);
}

/** Whether a file stands for another: Compose reads its file under any of its names. */
function isSame(one: string, other: string): boolean {
  return one === other || (isComposeName(one) && isComposeName(other));
}

function isComposeName(name: string): boolean {
  return composeNames.includes(name);
}
