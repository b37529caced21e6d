/**
 * Secrets at rest and from elsewhere: encryption with the key of the installation (age), and the values that files,
 * variables and HashiCorp Vault hold. Must never log a value nor put one into an error. Start reading at `age-sealer.ts`
 * and `providers.ts`.
 */
export { createSealer } from './age-sealer.ts';
export { createSecretProvider } from './providers.ts';
