// Faults of ours while recording: counted, the first of each kind said, and kept from the program.

import { diag } from '@opentelemetry/api';
import { engine } from './engine.js';

/** Counts a fault of ours and says the first of each kind through OpenTelemetry's `diag`. Never throws. */
export function reportFault(where: string, error: unknown): void {
  const { faults } = engine();
  const count = faults.get(where) ?? 0;
  faults.set(where, count + 1);
  if (count > 0) return;
  try {
    diag.warn(
      `chronicle-otel: a fault at ${where} was kept from the program: ${error instanceof Error ? error.message : String(error)}\nFurther faults of this kind are counted and not repeated here.`,
    );
  } catch {
    // A logger that throws must not hurt the program either, and there is nowhere left to say it.
  }
}
