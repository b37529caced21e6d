import type { Rule } from './rule.ts';
import { ambiguousValue } from './rules/ambiguous-value.ts';
import { emptyVariable } from './rules/empty-variable.ts';
import { engineSocket } from './rules/engine-socket.ts';
import { exposedStore } from './rules/exposed-store.ts';
import { fileLog } from './rules/file-log.ts';
import { fileLogInSource } from './rules/file-log-in-source.ts';
import { imageTag } from './rules/image-tag.ts';
import { literalSecret } from './rules/literal-secret.ts';
import { loopback } from './rules/loopback.ts';
import { loopbackInSource } from './rules/loopback-in-source.ts';
import { missingMount } from './rules/missing-mount.ts';
import { noHealthCheck } from './rules/no-health-check.ts';
import { noMemoryLimit } from './rules/no-memory-limit.ts';
import { placeholder } from './rules/placeholder.ts';
import { privileged } from './rules/privileged.ts';
import { secretBuildArgument } from './rules/secret-build-argument.ts';
import { secretInSource } from './rules/secret-in-source.ts';
import { sharedStore } from './rules/shared-store.ts';
import { startedIsNotReady } from './rules/started-is-not-ready.ts';
import { unfitCommand } from './rules/unfit-command.ts';
import { unkeptData } from './rules/unkept-data.ts';
import { unsetEnvironment } from './rules/unset-environment.ts';
import { unsetInSource } from './rules/unset-in-source.ts';
import { unused } from './rules/unused.ts';

/** Every rule about an application that loads, as the docs list them. */
export const rules: readonly Rule[] = [
  placeholder,
  loopback,
  loopbackInSource,
  sharedStore,
  unkeptData,
  emptyVariable,
  unsetEnvironment,
  unsetInSource,
  literalSecret,
  secretInSource,
  secretBuildArgument,
  ambiguousValue,
  imageTag,
  startedIsNotReady,
  missingMount,
  fileLog,
  fileLogInSource,
  unfitCommand,
  exposedStore,
  privileged,
  engineSocket,
  noHealthCheck,
  noMemoryLimit,
  unused,
];
