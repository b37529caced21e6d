import {
  acts,
  assignments,
  duration,
  either,
  formatted,
  integer,
  integerFrom,
  listOf,
  nothing,
  number,
  object,
  oneOfWords,
  reported,
  string,
  type Field,
  type Shape,
} from './shape.ts';

const order = oneOfWords('start-first', 'stop-first');

/** `count` and `device_ids` of a device request exclude each other; `check` says so. */
export const deviceRequestKeys: Readonly<Record<string, Field>> = {
  capabilities: acts(listOf(string), 'What the device must be able to do, such as `gpu`.'),
  count: acts(either(integer, string), 'How many devices, or `all`.'),
  device_ids: acts(listOf(string), 'Which devices; not together with `count`.'),
  driver: acts(string, 'The device driver.'),
  options: acts(assignments, 'Options of the driver.'),
};

const updateConfig = (failure: Shape): Shape =>
  object({
    parallelism: acts(integerFrom(0), 'How many instances are replaced at a time; `0` is all at once.'),
    delay: acts(duration, 'Pause between two batches.'),
    failure_action: acts(failure, 'What happens when an instance fails its gate; `rollback` when left out.'),
    monitor: acts(duration, 'How long an instance without a probe must stay up; `5s` when left out.'),
    order: acts(order, 'Whether the new instance starts before the old one stops; the plan chooses when it is left out.'),
    max_failure_ratio: reported(number, 'One failed instance ends the rollout.'),
  });

/** `services.*.deploy` */
export const deploy: Shape = either(
  nothing,
  object({
    mode: acts(
      oneOfWords('replicated', 'global', 'replicated-job', 'global-job'),
      '`global` is one instance on one machine. The `-job` modes are not built yet and an error; a service awaited by `service_completed_successfully` is a job.',
    ),
    replicas: acts(integerFrom(0), 'How many instances run.'),
    labels: acts(assignments, 'Kept with the service in the release; never set on its containers.'),
    endpoint_mode: reported(string, "The data plane is berth's own."),
    update_config: acts(updateConfig(oneOfWords('rollback', 'pause', 'continue')), 'How a rollout moves; `x-berth.rollout` wins over it.'),
    rollback_config: acts(updateConfig(oneOfWords('pause', 'continue')), 'The same for going back to an earlier release.'),
    restart_policy: acts(
      object({
        condition: acts(oneOfWords('none', 'no', 'on-failure', 'any', 'always', 'unless-stopped'), 'Used when `restart` is left out.'),
        max_attempts: acts(integerFrom(0), 'With `on-failure`.'),
        delay: reported(duration, 'The engine has its own growing delay.'),
        window: reported(duration, 'The engine has its own rule.'),
      }),
      "The engine's restart policy.",
    ),
    resources: acts(
      object({
        limits: acts(
          object({
            cpus: acts(number, 'CPU time, in cores.'),
            memory: acts(formatted('size'), 'Memory.'),
            pids: acts(integer, 'Processes and threads.'),
          }),
          'Upper limits.',
        ),
        reservations: acts(
          object({
            cpus: acts(number, 'The share of CPU time when it is short (`cpu_shares`, 1024 for one core).'),
            memory: acts(formatted('size'), 'A soft limit when memory is short.'),
            devices: acts(listOf(object(deviceRequestKeys, ['capabilities'])), 'Devices such as GPUs.'),
            generic_resources: reported(
              listOf(
                object({
                  discrete_resource_spec: reported(
                    object({ kind: reported(string, 'Swarm only.'), value: reported(number, 'Swarm only.') }),
                    'Swarm only.',
                  ),
                }),
              ),
              'Swarm only.',
            ),
          }),
          'What the service is promised.',
        ),
      }),
      'Limits and reservations.',
    ),
    placement: reported(
      object({
        constraints: reported(listOf(string), 'There is one machine.'),
        preferences: reported(listOf(object({ spread: reported(string, 'There is one machine.') })), 'There is one machine.'),
        max_replicas_per_node: reported(integer, 'There is one machine.'),
      }),
      'There is one machine.',
    ),
  }),
);
