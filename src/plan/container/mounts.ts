import type { Mount } from '../../model/index.ts';
import type { ContainerInput } from './input.ts';
import { present, type Json } from './present.ts';

/** The engine's socket, where `use_api_socket` shows it and where a rootful engine has it. */
const engineSocket = '/var/run/docker.sock';

/** Binds whose directory may have to be made by the engine: only the old form does that on every engine. */
export function toBinds(input: ContainerInput): string[] {
  const binds = input.service.mounts.filter(isOldBind).map((m) => {
    const options = [
      m.readOnly ? 'ro' : 'rw',
      ...(m.propagation === undefined ? [] : [m.propagation]),
      ...(m.selinux === undefined ? [] : [m.selinux]),
    ];
    return `${m.source ?? ''}:${m.target}:${options.join(',')}`;
  });
  return input.service.container.useApiSocket ? [...binds, `${engineSocket}:${engineSocket}:rw`] : binds;
}

/** The old form has no word for mounts below the bind, and a path with a colon cannot be written in it. */
function isOldBind(m: Mount): boolean {
  if (m.type !== 'bind' || m.recursive !== undefined) return false;
  return (m.createHostPath || m.selinux !== undefined) && !(m.source ?? '').includes(':') && !m.target.includes(':');
}

/** Every mount that is not an old-form bind: volumes, the kept files, and what a predecessor left. */
export function toMounts(input: ContainerInput): Json[] {
  const mounts = input.service.mounts.filter((m) => !isOldBind(m)).map((m) => toMount(m, input));
  const file = (source: string | undefined, { target }: { target: string }): Json => ({
    Type: 'bind',
    Source: source ?? '',
    Target: target,
    ReadOnly: true,
  });
  const files = [
    ...input.service.files.map((f, index) => file(input.files[index], f)),
    ...(input.service.secretFiles ?? []).map((f, index) => file(input.secrets.files[index], f)),
  ];
  const carried = input.carried.map((v) => ({ Type: 'volume', Source: v.name, Target: v.target }));
  return [...mounts, ...files, ...carried];
}

function toMount(m: Mount, input: ContainerInput): Json {
  const base = { Type: m.type, Source: m.source, Target: m.target, ReadOnly: m.readOnly ? true : undefined, Consistency: m.consistency };
  switch (m.type) {
    case 'volume':
      return present({
        ...base,
        Source: m.source === undefined ? undefined : (input.volumes[m.source] ?? m.source),
        VolumeOptions: present({ NoCopy: m.noCopy ? true : undefined, Subpath: m.subpath, Labels: m.volumeLabels }),
      });
    case 'tmpfs':
      return present({ ...base, Source: undefined, TmpfsOptions: present({ SizeBytes: m.tmpfsSizeBytes, Mode: m.tmpfsMode }) });
    case 'image':
      return present({ ...base, ImageOptions: present({ Subpath: m.subpath }) });
    case 'bind':
      return present({ ...base, BindOptions: bindOptions(m) });
    case 'cluster':
    case 'npipe':
      return present(base);
  }
}

function bindOptions(m: Mount): Json {
  return present({
    Propagation: m.propagation,
    CreateMountpoint: m.createHostPath ? true : undefined,
    NonRecursive: m.recursive === 'disabled' ? true : undefined,
    ReadOnlyNonRecursive: m.recursive === 'writable' ? true : undefined,
    ReadOnlyForceRecursive: m.recursive === 'readonly' ? true : undefined,
  });
}
