import { hostname, networkInterfaces } from 'node:os';

/** Interfaces that containers and virtual machines hang on: their addresses come and go, and no client uses them. */
const inner = /^(?:docker|br-|veth|virbr|cni|podman|lo$)/;

/** The names and addresses under which this machine is reached. */
export function machineNames(): string[] {
  const outer = Object.entries(networkInterfaces()).filter(([name]) => !inner.test(name));
  const addresses = outer.flatMap(([, all]) => all ?? []).flatMap(({ address }) => (address.startsWith('fe80:') ? [] : [address]));
  const name = hostname().toLowerCase();
  const isName = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name);
  return [...new Set(['localhost', ...(isName ? [name] : []), '127.0.0.1', '::1', ...addresses])];
}
