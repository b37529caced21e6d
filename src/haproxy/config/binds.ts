import type { Listener } from '../../model/index.ts';
import { tlsWords } from './tls.ts';
import { addressWord, portWord } from './words.ts';

/** The addresses that a configuration binds, `address port`, as `boundBy` reads them back. */
export function bindsOf(listener: Pick<Listener, 'address' | 'port'>, ipv6: boolean): string[] {
  const port = portWord(listener.port);
  if (listener.address === '') return ipv6 ? [`0.0.0.0:${port}`, `:::${port} v6only`] : [`0.0.0.0:${port}`];
  const address = addressWord(listener.address);
  return [address.includes(':') ? `${address}:${port} v6only` : `${address}:${port}`];
}

/** The binds in a configuration's text. */
export function boundBy(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^ {2}bind (\S+(?: v6only)?)/gm)].map((match) => match[1] ?? ''));
}

/** The `bind` lines of a listener: address and port first, as {@link boundBy} reads them back, then how it is spoken to. */
export function bindLines(listener: Listener, ipv6: boolean): string[] {
  const words = `${listener.acceptProxy === true ? ' accept-proxy' : ''}${tlsWords(listener)}`;
  return bindsOf(listener, ipv6).map((bind) => `  bind ${bind}${words}`);
}
