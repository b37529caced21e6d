import type { Mount } from '../../model/index.ts';
import { child, type Node } from '../text/node.ts';
import { notePlace, type Context } from './context.ts';
import { booleanAt, defined, listAt, pairsAt, sizeAt, textAt, wordAt } from './get.ts';
import { fileMode, isKnown } from './grants.ts';

const types = ['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'] as const;

/** The mounts of a service, with those that `volumes_from` takes from other services. */
export function resolveMounts(name: string, service: Node, context: Context): Mount[] {
  const own = ownMounts(name, service, context);
  const targets = new Set(own.map((mount) => mount.target));
  for (const item of listAt(service, 'volumes_from')) {
    const written = item.kind === 'scalar' && typeof item.value === 'string' ? item.value : '';
    const [from = '', access] = written.split(':');
    if (written.startsWith('container:') || written === '') continue;
    const other = child(context.document, 'services', from);
    if (other === undefined) continue;
    for (const mount of ownMounts(from, other, { ...context, places: {} })) {
      if (mount.source === undefined || targets.has(mount.target)) continue;
      targets.add(mount.target);
      own.push(access === 'ro' ? { ...mount, readOnly: true } : mount);
    }
  }
  return own;
}

function ownMounts(name: string, service: Node, context: Context): Mount[] {
  return listAt(service, 'volumes').flatMap((item, index) => {
    notePlace(context, `services.${name}.volumes.${String(index)}`, item.mark);
    const mount = toMount(item);
    return mount !== undefined && isSound(item, mount, context) ? [mount] : [];
  });
}

function isSound(item: Node, mount: Mount, context: Context): boolean {
  const { type, source, target } = mount;
  if (!target.startsWith('/')) context.problems.error(item.mark, `the mount at \`${target}\` needs an absolute path`);
  if (type === 'volume' && source !== undefined) return isKnown('volume', source, child(item, 'source')?.mark ?? item.mark, context);
  if ((type !== 'bind' && type !== 'image') || source !== undefined) return true;
  context.problems.error(item.mark, `a mount of type \`${type}\` needs a \`source\``);
  return false;
}

function toMount(item: Node): Mount | undefined {
  const type = wordAt(types, item, 'type');
  const target = textAt(item, 'target');
  if (type === undefined || target === undefined) return undefined;
  const labels = pairsAt(item, 'volume', 'labels');
  return defined({
    type,
    source: textAt(item, 'source'),
    target,
    readOnly: booleanAt(item, 'read_only') ?? false,
    createHostPath: booleanAt(item, 'bind', 'create_host_path') ?? true,
    propagation: textAt(item, 'bind', 'propagation'),
    selinux: wordAt(['z', 'Z'], item, 'bind', 'selinux'),
    recursive: wordAt(['enabled', 'disabled', 'writable', 'readonly'], item, 'bind', 'recursive'),
    noCopy: booleanAt(item, 'volume', 'nocopy') ?? false,
    subpath: textAt(item, 'volume', 'subpath') ?? textAt(item, 'image', 'subpath'),
    volumeLabels: Object.keys(labels).length === 0 ? undefined : labels,
    tmpfsSizeBytes: sizeAt(item, 'tmpfs', 'size'),
    tmpfsMode: fileMode(item, 'tmpfs'),
    consistency: textAt(item, 'consistency'),
  });
}
