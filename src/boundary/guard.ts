// The guard round everything of ours that runs inside the user's call: a fault is counted, said once, and swallowed.

import { reportFault } from '../crossing/index.js';

/** Runs work of ours that must not reach the user's program. Gives undefined when it failed. */
export function guarded<T>(where: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    reportFault(where, error);
    return undefined;
  }
}
