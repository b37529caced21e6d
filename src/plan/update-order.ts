import type { DesiredService } from './desired.ts';

/** A service as far as its order depends on it. */
export type Ordered = Omit<DesiredService, 'config' | 'internal'>;

/** Whether the new instance may run beside the old one, and what it costs when it may not. */
export type UpdateOrder = { readonly order: 'start-first' | 'stop-first'; readonly gap: string };

/** Seconds that a stop-first replacement usually takes: stop, create, start and the probe's successes. */
function gapText(s: Ordered, why: string): string {
  const seconds = Math.ceil(
    1 + (s.probe.intervalMs * (s.probe.successes - 1)) / 1000 + (s.probe.check.kind === 'uptime' ? s.service.rollout.monitorMs / 1000 : 0),
  );
  return `≈${seconds} s: ${why}`;
}

/** What in the file makes it impossible for two instances to live side by side, or undefined. */
export function whyStopFirst(s: Ordered): string | undefined {
  const { service } = s;
  if (service.containerName !== undefined) return `container_name \`${service.containerName}\` is fixed`;
  if (service.networkMode === 'host') return 'network_mode is host';
  if (service.networks.some((n) => n.ipv4Address !== undefined || n.ipv6Address !== undefined)) return 'its address is fixed';
  const udp = service.ports.find((p) => p.protocol === 'udp' && p.published !== undefined);
  if (udp !== undefined) return `UDP port ${udp.published} can have one holder`;
  if (s.replicas !== 1) return undefined;
  const volume = service.mounts.find((m) => m.type === 'volume' && !m.readOnly);
  if (volume !== undefined) return `volume \`${volume.source ?? volume.target}\` can have one writer`;
  const bind = service.mounts.find((m) => m.type === 'bind' && !m.readOnly && m.source?.endsWith('.sock') !== true);
  if (bind !== undefined) return `directory \`${bind.target}\` can have one writer`;
  if (s.anonymousVolumes[0] !== undefined) return `the image's volume \`${s.anonymousVolumes[0]}\` can have one writer`;
  if (s.port === undefined && service.healthcheck === undefined && service.ports.length === 0)
    return 'it has one replica and no port: two at once may do the same work twice';
  return undefined;
}

/** The order of a service's update: what the file says, else start-first unless the file makes that impossible. */
export function updateOrder(s: Ordered): UpdateOrder {
  const why = whyStopFirst(s);
  const order = s.service.rollout.order ?? (why === undefined ? 'start-first' : 'stop-first');
  if (order === 'start-first') return { order, gap: '0' };
  return { order, gap: gapText(s, why ?? 'the file says stop-first') };
}
