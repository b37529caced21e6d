import { acts, dictionaryOf, duration, integerFrom, object, string, type Shape } from './shape.ts';

const credential: Shape = object({
  file: acts(string, 'A file of the machine that holds it.'),
  environment: acts(string, 'The variable that holds it, where `berth up` runs.'),
});

/** The top-level `x-berth.secrets` */
export const projectSecrets: Shape = dictionaryOf(
  object({
    file: acts(string, 'The file that holds the value; read by the server with each `berth up`.'),
    environment: acts(string, 'The variable that holds the value, where `berth up` runs, or in its env files.'),
    vault: acts(
      object(
        {
          path: acts(string, 'The path of the secret under the mount: `shop/db`.'),
          field: acts(string, 'The field of it.'),
          version: acts(integerFrom(1), 'The version; the newest at each `berth up` when left out.'),
        },
        ['path', 'field'],
      ),
      'HashiCorp Vault, version 2 of its KV engine; `x-berth.vault` says where it is.',
    ),
  }),
  'name',
);

/** The top-level `x-berth.vault` */
export const projectVault: Shape = object(
  {
    address: acts(string, 'The address of Vault: `https://vault.example.com:8200`.'),
    namespace: acts(string, 'The namespace, where there are some.'),
    mount: acts(string, 'Where the KV engine is mounted; `secret`.'),
    ca: acts(string, 'A file with the certificates (PEM) of who signed that of Vault; those that the machine trusts when left out.'),
    timeout: acts(duration, 'Time that each answer of Vault has; `5s`.'),
    token: acts(credential, 'Logs in with a token.'),
    appRole: acts(
      object(
        {
          roleId: acts(string, 'The id of the role.'),
          secretId: acts(credential, 'Where its secret id comes from.'),
          mount: acts(string, 'Where the AppRole method is mounted; `approle`.'),
        },
        ['roleId', 'secretId'],
      ),
      'Logs in as an AppRole.',
    ),
  },
  ['address'],
);
