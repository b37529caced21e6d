import { sha256 } from '../../kit/index.ts';
import { labels } from '../../model/index.ts';
import type { ContainerBody, EndpointBody } from '../../ports/index.ts';
import { logMount, masterSocket, runMount, runtimeSocket, socketsVariable } from '../config/render.ts';
import { copyScript, pruneScript, restoreScript } from './certificate-scripts.ts';
import { logDirectory, slotDirectory, socketsMount, type Place } from './place.ts';

/** Files of a proxy: the running configuration, one to try once at a start, the boot file, and a note that it was replaced. */
export const runningFile = 'haproxy.cfg';
export const trialFile = 'start.cfg';
export const bootFile = 'haproxy.cfg';
export const retiredFile = 'retired';
/** What a container that only holds a namespace any more waits at: a shell that reads needs no second process. */
export const waitFile = 'wait';
const bootMount = '/var/lib/berth';
const boot = `${bootMount}/${bootFile}`;

/**
 * What HAProxy is started with in a front: without its own caches of freed objects (`-dM`, management guide 3.0), which take
 * 1.7 MB of two processes when nothing happens and keep what a burst of connections took. jemalloc's cache is as fast.
 */
const frontOptions = '-dMno-cache';

/**
 * Starts from the trial file if there is one, else from the boot file. HAProxy reads one and the same path at start and
 * at every reload, and a candidate may never be the boot file: so it runs from a copy. Where the copy cannot be written
 * (a full disk), it runs from the boot file itself, and where that is gone from the copy: traffic first. Only the first
 * start, the one with a trial file, takes over the listening sockets of a HAProxy that is there.
 */
const entrypointOf = (role: Place['role']) => `
sockets=$1 master=$2 before=$3 holds=$4
run=$sockets/${runningFile}
from=${boot}
rm -f "$sockets/${retiredFile}"
[ -s "$sockets/${trialFile}" ] && from=$sockets/${trialFile} || before=
[ -s "$from" ] || from=$run
${restoreScript(bootMount)}
cmp -s "$from" "$run" || { cp "$from" "$run.new" && mv -f "$run.new" "$run"; } || run=$from
set -- haproxy -W${role === 'front' ? ` ${frontOptions}` : ''} -S "$master" -f "$run"
[ -z "$before" ] || set -- "$@" -x "$before"
[ -n "$holds" ] || exec "$@"
trap 'kill -USR1 $pid' USR1
trap 'over=1; kill -TERM $pid' TERM
"$@" &
pid=$!
while kill -0 $pid 2>/dev/null; do wait $pid; code=$?; done
[ -e "$sockets/${retiredFile}" ] || exit $code
trap 'exit 0' TERM
wait=$sockets/${waitFile}
[ -p "$wait" ] || mkfifo "$wait"
while [ -z "$over" ]; do
  if [ -p "$wait" ]; then read -r _ <>"$wait"; else sleep 1000000 & wait $!; fi
done
`;

/**
 * Of jemalloc, which Debian's HAProxy is linked with: gives back soon what a burst of connections took. Not part of what makes
 * a container outdated: replacing one costs more than it would gain.
 */
const leanMemory = 'MALLOC_CONF=narenas:1,dirty_decay_ms:100,muzzy_decay_ms:0';

/** Makes the running configuration the boot file, all or nothing, and on disk when it returns. */
export function commitCommand(place: Place, slot: number): readonly string[] {
  const from = `${socketsMount(place, slot)}/${runningFile}`;
  const replace = `cp ${from} ${boot}.new && sync ${boot}.new && mv -f ${boot}.new ${boot} && sync ${bootMount}`;
  return ['/bin/sh', '-ec', [copyScript(bootMount), replace, pruneScript(bootMount)].join('\n')];
}

/** One container of a proxy. */
export type BodyInput = {
  readonly slot: number;
  readonly generation: number;
  /** The slot whose HAProxy hands its listening sockets over. */
  readonly takesOver?: number | undefined;
  /** The container whose network namespace it joins. */
  readonly joins?: string | undefined;
};

/** What a container of a proxy is made of. The edge is root only to bind low ports and to let its worker become nobody. */
export function proxyBody(place: Place, input: BodyInput): ContainerBody {
  const { slot, takesOver, joins } = input;
  const { uid, gid } = place.owner;
  const own = uid === 0 ? '' : `,uid,${uid},gid,${gid}`;
  const sockets = socketsMount(place, slot);
  const before = takesOver === undefined ? '' : `${socketsMount(place, takesOver)}/${runtimeSocket}`;
  const common = commonBody(place);
  const [first] = place.networks === 'host' ? [] : place.networks;
  const network = joins === undefined ? (first?.name ?? 'host') : `container:${joins}`;
  return {
    ...common,
    Labels: { ...common.Labels, [labels.config]: bodyHash(place), [labels.generation]: String(input.generation) },
    Env: [`${socketsVariable}=${sockets}`, ...(place.role === 'front' ? [leanMemory] : [])],
    Cmd: [sockets, `${sockets}/${masterSocket},mode,600${own}`, before, holdsNamespace(place, slot) ? 'holds' : ''],
    HostConfig: {
      ...common.HostConfig,
      Binds: bindsOf(place, slot),
      NetworkMode: network,
      // Ports below 1024 without a capability: the namespace is the front's alone.
      ...(first !== undefined && joins === undefined ? { Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' } } : {}),
    },
    ...(first === undefined || joins !== undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first.name]: endpointBody(first) } } }),
  };
}

/** What tells one body from another, whichever slot and place on a network it has. */
export function bodyHash(place: Place): string {
  return sha256(JSON.stringify(commonBody(place))).slice(0, 32);
}

/** Whether the container of a slot owns the network namespace, name and address, which the others join. */
export function holdsNamespace(place: Pick<Place, 'role'>, slot: number): boolean {
  return place.role === 'front' && slot === 1;
}

export function endpointBody(network: Exclude<Place['networks'], 'host'>[number]): EndpointBody {
  const { address, aliases } = network;
  return { Aliases: aliases, ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }) };
}

function commonBody(place: Place): ContainerBody & { readonly HostConfig: Readonly<Record<string, unknown>> } {
  return {
    Image: place.image,
    Labels: place.labels,
    Entrypoint: ['/bin/sh', '-c', entrypointOf(place.role), `berth-${place.role}`],
    User: `${place.user.uid}:${place.user.gid}`,
    WorkingDir: '/',
    StopSignal: 'SIGTERM',
    HostConfig: {
      RestartPolicy: { Name: 'no' },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: capabilities(place),
      SecurityOpt: ['no-new-privileges'],
      Binds: bindsOf(place, 1),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
}

/**
 * A front can write nothing but the directory of its own sockets, in which the server follows no links: who takes it
 * over must not come to write elsewhere by the server's hand.
 */
function bindsOf(place: Place, slot: number): readonly string[] {
  const log = `${logDirectory(place)}:${logMount}:ro`;
  if ('volume' in place.boot) return [`${place.directory}:${runMount}`, `${place.boot.volume}:${bootMount}`, log];
  const own = `${slotDirectory(place, slot)}:${socketsMount(place, slot)}`;
  return [`${place.directory}:${runMount}:ro`, own, `${place.boot.directory}:${bootMount}:ro`, log];
}

/** KILL: the master's signals to a worker of another user. Another owner's sockets and directory need the last three. */
function capabilities({ role, owner }: Place): readonly string[] {
  if (role === 'front') return [];
  return ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'KILL', ...(owner.uid === 0 ? [] : ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'])];
}

export const socketFiles: readonly string[] = [runtimeSocket, masterSocket];
