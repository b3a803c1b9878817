// The guard round everything of ours that runs inside the user's call: a fault is counted, said once, and swallowed.

import { diag } from '@opentelemetry/api';
import { engine } from '../crossing/index.js';

/** Runs work of ours that must not reach the user's program. Gives undefined when it failed. */
export function guarded<T>(where: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    reportFault(where, error);
    return undefined;
  }
}

/** Counts a fault of ours and says the first of each kind. */
export function reportFault(where: string, error: unknown): void {
  const { faults } = engine();
  const count = faults.get(where) ?? 0;
  faults.set(where, count + 1);
  if (count > 0) return;
  try {
    diag.warn(`chronicle-otel: a fault at ${where} was kept from the program: ${error instanceof Error ? error.message : String(error)}\nFurther faults of this kind are counted and not repeated here.`);
  } catch {
    // A logger that throws must not hurt the program either, and there is nowhere left to say it.
  }
}
