import { acts, boolean, either, object, oneOfWords, string, type Shape } from './shape.ts';

const acme: Shape = object(
  {
    directory: acts(string, 'The address of its directory: `https://acme-v02.api.letsencrypt.org/directory`.'),
    email: acts(string, 'Where the authority may write to.'),
    challenge: acts(oneOfWords('http-01'), '`http-01`: the authority asks port 80 of each host.'),
    directoryCa: acts(
      string,
      'Certificates (PEM) of who signed the certificate of the directory itself; a path or a name under `secrets`.',
    ),
  },
  ['directory'],
);

/** `x-berth.tls`, of a service and of the project. */
export const tls: Shape = either(
  oneOfWords('internal', 'none'),
  object({
    cert: acts(string, 'The certificate and its chain (PEM): a path, or a name under `secrets`.'),
    key: acts(string, 'Its private key (PEM): a path, or a name under `secrets`.'),
    internal: acts(boolean, "A certificate of berth's own authority; `berth tls trust` prints how to trust it."),
    acme: acts(acme, 'A certificate of an ACME server, got and renewed by itself.'),
    clientCa: acts(
      string,
      'Clients must show a certificate of one of these authorities (PEM): a path, or a name under `secrets` or `configs`.',
    ),
    redirect: acts(boolean, 'Whether port 80 sends clients to https; true when left out.'),
    hsts: acts(either(boolean, string), '`Strict-Transport-Security`: true is `max-age=31536000`.'),
  }),
);
