import path from 'node:path';
import type { Build } from '../../model/index.ts';
import { isRemoteContext, isWithin } from '../canonical/paths.ts';
import { hasFile } from '../reader.ts';
import { child, entriesOf, isNull, withEntry, type Node } from '../text/node.ts';
import { scalarText } from '../text/scalar.ts';
import type { Context } from './context.ts';
import { missing } from './environment.ts';
import { booleanAt, defined, listAt, pairsAt, sizeAt, textAt, textsAt } from './get.ts';
import { isKnown, staysInside } from './grants.ts';
import { isExternal, useSecret } from './secret-nodes.ts';

/** How a service is built; `hash` is made later, where the files are read. */
export async function resolveBuild(service: Node, context: Context): Promise<Build | undefined> {
  const node = child(service, 'build');
  const directory = textAt(node, 'context');
  if (node === undefined || directory === undefined) return undefined;
  if (!(await isDirectoryThere(node, directory, context))) return undefined;
  return defined({
    context: directory,
    dockerfile: await dockerfileOf(node, directory, context),
    inline: textAt(node, 'dockerfile_inline'),
    args: buildArguments(node, context),
    target: textAt(node, 'target'),
    labels: pairsAt(node, 'labels'),
    tags: textsAt(node, 'tags') ?? [],
    network: textAt(node, 'network'),
    noCache: booleanAt(node, 'no_cache') ?? false,
    pull: booleanAt(node, 'pull') ?? false,
    shmSizeBytes: sizeAt(node, 'shm_size'),
    platform: platformOf(service, context),
    extraHosts: hostLines(node),
    secrets: buildSecrets(node, context),
    hash: '',
  });
}

async function isDirectoryThere(node: Node, directory: string, context: Context): Promise<boolean> {
  const mark = child(node, 'context')?.mark ?? node.mark;
  if (isRemoteContext(directory)) {
    context.problems.error(mark, `the build context \`${directory}\` is not a directory of this machine; that is not built yet`, {
      hint: 'Fetch it first, and name the directory.',
    });
    return false;
  }
  if (context.reader.exists === undefined || (await context.reader.exists(directory))) return true;
  await missing(mark, 'build context', directory, context);
  return false;
}

function platformOf(service: Node, context: Context): string | undefined {
  const platforms = textsAt(service, 'build', 'platforms') ?? [];
  const written = textAt(service, 'platform');
  if (written !== undefined && platforms.length > 0 && !platforms.includes(written)) {
    context.problems.error(
      child(service, 'platform')?.mark ?? service.mark,
      `the platform \`${written}\` is not among \`build.platforms\``,
    );
  }
  return written ?? platforms[0];
}

/** The Dockerfile's absolute path; undefined when there is none and the stack has to be found. */
async function dockerfileOf(node: Node, directory: string, context: Context): Promise<string | undefined> {
  const written = textAt(node, 'dockerfile');
  const inline = child(node, 'dockerfile_inline');
  if (written === undefined) {
    const standard = path.join(directory, 'Dockerfile');
    return inline === undefined && (await hasFile(context.reader, standard)) ? standard : undefined;
  }
  const mark = child(node, 'dockerfile')?.mark ?? node.mark;
  if (inline !== undefined) {
    context.problems.error(mark, '`dockerfile` and `dockerfile_inline` exclude each other');
    return undefined;
  }
  const file = path.resolve(directory, written);
  if (!isWithin(file, directory) && !(await staysInside(file, mark, context))) {
    context.problems.error(mark, `the Dockerfile ${context.show(file)} is outside the project`, {
      hint: 'Write its absolute path if that is meant.',
    });
    return undefined;
  }
  if (!(await hasFile(context.reader, file))) await missing(mark, 'Dockerfile', file, context);
  return file;
}

/** Build arguments; one without a value comes from the environment, or is left out. */
function buildArguments(node: Node, context: Context): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, { value }] of entriesOf(child(node, 'args'))) {
    const given = isNull(value) ? context.lookup(name) : value.kind === 'scalar' ? scalarText(value.value) : undefined;
    if (given !== undefined) result[name] = given;
  }
  return result;
}

/** `extra_hosts` as `host:address`, the form of the engine. */
export function hostLines(node: Node): string[] {
  return (textsAt(node, 'extra_hosts') ?? []).flatMap((line) => {
    const cut = /^([^:=]+)[=:](.*)$/.exec(line);
    const addresses = (cut?.[2] ?? '').split(',');
    return cut === null ? [] : addresses.map((address) => `${cut[1] ?? ''}:${address.replace(/^\[(.*)\]$/, '$1')}`);
  });
}

function buildSecrets(node: Node, context: Context): Build['secrets'] {
  return listAt(node, 'secrets').flatMap((item): Build['secrets'] => {
    const source = textAt(item, 'source');
    if (source === undefined || !isKnown('secret', source, child(item, 'source')?.mark ?? item.mark, context)) return [];
    const secret = child(context.document, 'secrets', source);
    const id = textAt(item, 'target') ?? source;
    const file = textAt(secret, 'file');
    if (file !== undefined) return [{ id, file }];
    if (!isExternal(secret) && child(secret, 'environment') === undefined) return [];
    return [{ id, secret: useSecret({ source, secret, mark: child(item, 'source')?.mark ?? item.mark }, context) }];
  });
}

/** The document with what `build.args` inherits filled in, as `config` shows it. */
export function withArguments(service: Node, context: Context): Node {
  const build = child(service, 'build');
  const args = child(build, 'args');
  if (service.kind !== 'map' || build?.kind !== 'map' || args?.kind !== 'map') return service;
  let filled = args;
  for (const [name, { value }] of entriesOf(args)) {
    if (isNull(value)) {
      const given = context.lookup(name);
      filled = withEntry(filled, name, given === undefined ? undefined : { kind: 'scalar', mark: value.mark, value: given });
    }
  }
  return withEntry(service, 'build', withEntry(build, 'args', filled));
}

/** The document with the Dockerfile that is built when none is named, where there is one, as `config` shows it. */
export async function withDockerfile(service: Node, context: Context): Promise<Node> {
  const build = child(service, 'build');
  const directory = textAt(build, 'context');
  if (service.kind !== 'map' || build?.kind !== 'map' || directory === undefined) return service;
  if (build.entries.has('dockerfile') || build.entries.has('dockerfile_inline')) return service;
  if (!(await hasFile(context.reader, path.join(directory, 'Dockerfile')))) return service;
  return withEntry(service, 'build', withEntry(build, 'dockerfile', { kind: 'scalar', mark: build.mark, value: 'Dockerfile' }));
}
