import {
  acts,
  boolean,
  dictionaryOf,
  duration,
  either,
  formatted,
  integerFrom,
  listOf,
  number,
  object,
  oneOfWords,
  size,
  string,
  text,
  type Field,
} from './shape.ts';

const port = integerFrom(1, 65_535);
const hosts = either(formatted('route-host'), listOf(formatted('route-host')));
const ranges = either(formatted('address-range'), listOf(formatted('address-range')));
const pages = dictionaryOf(string, 'page-status');

const headerChanges = object({
  set: acts(dictionaryOf(either(formatted('header-value'), number, boolean), 'header-name'), 'Headers that are added, or replaced.'),
  remove: acts(either(formatted('header-name'), listOf(formatted('header-name'))), 'Headers that are taken away.'),
});

const sticky = either(
  boolean,
  object({ cookie: acts(formatted('cookie-name'), "Its name; `berth_` and the service's name when left out.") }),
);

const longRoute = object({
  host: acts(
    formatted('route-host'),
    'The host name, also with a leading `*.`; every host when left out. With `mode: tcp` it is asked of the TLS handshake (SNI).',
  ),
  hosts: acts(hosts, 'Several host names for which all the rest is the same.'),
  path: acts(formatted('route-path'), 'Requests whose path starts with this; `/`.'),
  port: acts(port, 'The port of the machine; `80`, and `443` where TLS ends at the edge.'),
  target: acts(port, "The container port behind it; the service's when left out."),
  mode: acts(oneOfWords('http', 'tcp'), '`tcp` passes connections on as they are, by port, or by `host` where clients speak TLS; `http`.'),
  tls: acts(boolean, 'Whether TLS ends at the edge; true where the service has `x-berth.tls`, save on port 80.'),
  strip: acts(boolean, 'Takes `path` away from what the service is asked for.'),
  rewrite: acts(formatted('route-path'), 'Puts this in the place of `path`.'),
  redirect: acts(
    either(
      formatted('redirect'),
      object(
        {
          to: acts(formatted('redirect'), 'Where to; `{path}` and `{query}` (with its `?`) are those of the request.'),
          code: acts(either(integerFrom(300, 399), string), '`301`, `302`, `303`, `307` or `308`; `302`.'),
        },
        ['to'],
      ),
    ),
    'Sends clients elsewhere instead of asking the service: an address, or one with a `code`.',
  ),
  www: acts(oneOfWords('add', 'drop'), 'Sends `HOST` to `www.HOST` (`add`) or the other way round (`drop`).'),
  headers: acts(
    object({
      request: acts(headerChanges, 'Those that the service gets.'),
      response: acts(headerChanges, 'Those that the client gets.'),
    }),
    'Headers that are changed.',
  ),
  basicAuth: acts(
    either(dictionaryOf(text), listOf(text)),
    'Users and the hashes of their passwords, as `user: hash` or lines of `user:hash`; `openssl passwd -5` makes a hash. Write each `$` twice.',
  ),
  allow: acts(ranges, 'Only clients with these addresses; others are answered 403. With `mode: tcp` their connections are closed.'),
  deny: acts(ranges, 'No clients with these addresses.'),
  maxBody: acts(size, 'A longer request body is answered 413; one of 8 kB or more that does not say its length, 411.'),
  rateLimit: acts(
    either(
      formatted('rate'),
      object({ requests: acts(integerFrom(1), 'How many.'), per: acts(duration, 'In which time.') }, ['requests', 'per']),
    ),
    'More requests of one client address (`100/1m`) are answered 429 with `Retry-After`.',
  ),
  timeout: acts(
    duration,
    'How long the service may be silent before the answer is 504. With `mode: tcp`: how long a connection may be silent in both directions before it is closed; a day when left out.',
  ),
  sticky: acts(sticky, 'The same as `x-berth.sticky`: it holds for the whole service.'),
  compress: acts(boolean, 'Compresses answers of text for clients that take it.'),
  errorPages: acts(pages, "Pages for the errors that the proxy answers itself, by status; they win over the service's."),
});

/** The keys of `services.*.x-berth` that say where traffic enters and what becomes of it. */
export const routeKeys: Readonly<Record<string, Field>> = {
  protocol: acts(
    oneOfWords('http', 'tcp', 'h2c', 'grpc'),
    'What it speaks on its port; found by asking when left out. `h2c` and `grpc` are HTTP/2 without TLS.',
  ),
  routes: acts(
    either(formatted('route'), listOf(either(formatted('route'), longRoute))),
    'Where traffic enters by name: `HOST`, `HOST/PATH`, `HOST:PORT`, `/PATH`, or the keys below. When left out, labels for Traefik and Caddy and the `VIRTUAL_HOST` variable are read; `[]` means none.',
  ),
  sticky: acts(sticky, 'Keeps a client at the instance that it met first, by a cookie.'),
  proxyProtocol: acts(
    object({
      accept: acts(boolean, 'Every connection to its ports must begin with a PROXY protocol header, which says who the client is.'),
      send: acts(either(boolean, oneOfWords('v1', 'v2')), 'Instances get such a header; `true` is `v2`.'),
    }),
    'The PROXY protocol of load balancers.',
  ),
  trustedProxies: acts(ranges, 'Addresses whose `X-Forwarded-For` is believed; of everybody else it is replaced.'),
  errorPages: acts(pages, 'Files with HTML for the errors that the proxy answers itself, by status: `503: ./busy.html`.'),
  maintenance: acts(string, 'The file with the HTML that is shown while `berth maintenance on` holds.'),
};
