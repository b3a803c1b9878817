// All environment variables are read here, once, when a processor or session is made. Code beats environment beats
// default; a value that means nothing is an error that names the variable.

import { ChronicleError } from '../errors.js';

/** What the environment says. */
export interface Environment {
  readonly mode: 'record' | 'replay' | 'off';
  readonly store: string | undefined;
  /** Reference of the recording to replay. */
  readonly replay: string | undefined;
  readonly journalDirectory: string | undefined;
  readonly capture: 'full' | 'digest' | 'off';
  /** What a finished boundary survives. */
  readonly durability: 'process' | 'disk';
  /** Options of the replay, set by `chronicle replay REF -- COMMAND`. */
  readonly replayOptions: Readonly<Record<string, unknown>>;
  /** Where the report of the replay is written, set by the same. */
  readonly reportDirectory: string | undefined;
  /** Whether previews and messages may stand on spans. */
  readonly spanContent: 'preview' | 'messages' | 'none';
}

/** Reads the environment. Fails with `CHRONICLE_OPTION_INVALID` for a value that means nothing. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  return {
    mode: oneOf(variables, 'CHRONICLE_MODE', ['record', 'replay', 'off'], 'record'),
    store: textOf(variables, 'CHRONICLE_STORE'),
    replay: textOf(variables, 'CHRONICLE_REPLAY'),
    journalDirectory: textOf(variables, 'CHRONICLE_JOURNAL_DIR'),
    capture: oneOf(variables, 'CHRONICLE_CAPTURE', ['full', 'digest', 'off'], 'full'),
    durability: oneOf(variables, 'CHRONICLE_DURABILITY', ['process', 'disk'], 'process'),
    replayOptions: objectOf(variables, 'CHRONICLE_REPLAY_OPTIONS'),
    reportDirectory: textOf(variables, 'CHRONICLE_REPORT_DIR'),
    spanContent: spanContentOf(variables),
  };
}

/** Whether previews may stand on spans: nothing that is not kept whole is shown either. */
export function showsContent({ spanContent, capture }: Pick<Environment, 'spanContent' | 'capture'>): boolean {
  return spanContent !== 'none' && capture === 'full';
}

function textOf(variables: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = variables[name];
  return value === undefined || value === '' ? undefined : value;
}

function oneOf<T extends string>(variables: Readonly<Record<string, string | undefined>>, name: string, known: readonly T[], otherwise: T): T {
  const value = textOf(variables, name);
  if (value === undefined) return otherwise;
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new ChronicleError('CHRONICLE_OPTION_INVALID', `Environment variable ${name} must be one of ${known.join(', ')}, got ${JSON.stringify(value)}.`, {
      facts: { option: name, value },
    });
  }
  return found;
}

function objectOf(variables: Readonly<Record<string, string | undefined>>, name: string): Readonly<Record<string, unknown>> {
  const text = textOf(variables, name);
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, with what is expected.
  }
  throw new ChronicleError('CHRONICLE_OPTION_INVALID', `Environment variable ${name} must be a JSON object.`, { facts: { option: name } });
}

/** The convention's own switch: unset leaves our previews on, since they are bounded and marked. */
function spanContentOf(variables: Readonly<Record<string, string | undefined>>): Environment['spanContent'] {
  const value = textOf(variables, 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT')?.toUpperCase();
  switch (value) {
    case undefined:
      return 'preview';
    case 'SPAN_ONLY':
    case 'SPAN_AND_EVENT':
    case 'TRUE':
      return 'messages';
    default:
      // NO_CONTENT, EVENT_ONLY and FALSE ask for spans without content; so does a value that is not known.
      return 'none';
  }
}
