import * as z from 'zod';

const ms = z.int().min(0);
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/);
const headerValue = z.string().regex(/^[^\r\n\0]*$/);

/** Headers to set (added or replaced) and to take away. Values are taken as they are: no templates. */
const headerChangesSchema = z.strictObject({
  set: z.record(headerName, headerValue).default({}),
  remove: z.array(headerName).default([]),
});

/** What a route does besides choosing where a request goes. All absent: it goes through as it came. */
export const routeRulesSchema = z.strictObject({
  /** Replaces the matched path prefix by this one; `/` strips it. */
  rewrite: z.string().startsWith('/').optional(),
  /** Answers with this place instead of asking the service. `{path}` and `{query}` (with its `?`) stand for those of the request. */
  redirect: z.strictObject({ to: z.string(), code: z.literal([301, 302, 303, 307, 308]) }).optional(),
  /** Plain requests are sent to the same address with https, on this port. */
  httpsRedirect: z.strictObject({ port: z.int().min(1).max(65_535) }).optional(),
  /** The value of `Strict-Transport-Security`. */
  hsts: z.string().optional(),
  requestHeaders: headerChangesSchema.optional(),
  responseHeaders: headerChangesSchema.optional(),
  /** User to crypt(3) hash (`$2y$`, `$6$`, `$5$`, `$y$`). */
  basicAuth: z.record(z.string(), z.string()).optional(),
  /** Client addresses (CIDR): with `allow` only these may, `deny` may not; 403, and no connection in `tcp` mode. */
  allow: z.array(z.string()).optional(),
  deny: z.array(z.string()).optional(),
  /** A longer body is answered 413. */
  maxBodyBytes: z.int().min(1).optional(),
  /** More than this many requests of one client address in this time are answered 429 with Retry-After. */
  rateLimit: z.strictObject({ requests: z.int().min(1), perMs: ms.min(1) }).optional(),
  /** How long an instance may be silent; in `tcp` mode: both sides of a connection, which is then closed. */
  timeoutMs: ms.min(1).optional(),
  compress: z.boolean().optional(),
  /** Pages instead of HAProxy's own, by status; the page is the whole body, HTML. */
  errorPages: z.record(z.string().regex(/^(4|5)\d\d$/), z.string()).optional(),
  /** While on, every request is answered 503 with this page, or with berth's. */
  maintenance: z.strictObject({ page: z.string().optional() }).optional(),
});
export type RouteRules = z.infer<typeof routeRulesSchema>;

/** Where traffic enters a service by name. */
export const routeSchema = z.strictObject({
  /** One host name, also with a leading `*.`; absent: every host. */
  host: z.string().optional(),
  path: z.string().startsWith('/').default('/'),
  /** The port of the machine that it is served on. */
  port: z.int().min(1).max(65_535).default(80),
  /** The container port behind it, where it is not the service's. */
  target: z.int().min(1).max(65_535).optional(),
  /** `tcp`: by port, and by SNI where a host is given (TLS then goes through to the instance, or ends here with `tls`). */
  mode: z.enum(['http', 'tcp']).default('http'),
  /** TLS ends at the edge, with the service's certificate (`Service.tls`). */
  tls: z.boolean().default(false),
  rules: routeRulesSchema.default({}),
  /** What it was made from where it is not `x-berth.routes`: `traefik labels, compose.yaml:12`. */
  from: z.string().optional(),
});
export type Route = z.infer<typeof routeSchema>;

/** Where a service's certificate comes from, and how TLS is spoken with it. */
export const tlsSchema = z.strictObject({
  certificate: z.discriminatedUnion('kind', [
    /** The user's own: hashes of the files' bytes, which travel beside the project. */
    z.strictObject({ kind: z.literal('files'), certSha256: z.string(), keySha256: z.string() }),
    /** The user's own, whose key is one of `Project.secrets`. A release has `files` in its place, of the versions that it pins. */
    z.strictObject({
      kind: z.literal('secrets'),
      cert: z.union([z.strictObject({ pem: z.string() }), z.strictObject({ secret: z.string() })]),
      key: z.strictObject({ secret: z.string() }),
    }),
    /** Of berth's own authority. */
    z.strictObject({ kind: z.literal('internal') }),
    z.strictObject({
      kind: z.literal('acme'),
      email: z.string().optional(),
      /** The directory's address (RFC 8555, 7.1.1). */
      directory: z.string(),
      challenge: z.literal('http-01').default('http-01'),
      /** Certificates (PEM) of the authority that the directory's own certificate is of, where the machine does not know it. */
      directoryCa: z.string().optional(),
    }),
  ]),
  /** Authorities (PEM) one of which must have signed the client's certificate. */
  clientCa: z.string().optional(),
});
export type Tls = z.infer<typeof tlsSchema>;
