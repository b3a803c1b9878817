// Which process this is, and whether another one still runs: what a process ID says only together with the machine, the
// space its ID counts in, and the moment it started.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, named so that no other one is taken for it. */
export interface ProcessPlace {
  /** Name of the machine or container. */
  readonly host: string;
  /** Boot of the kernel and PID namespace, in which the ID counts; null where the system has no /proc. */
  readonly space: string | null;
  readonly pid: number;
  /** When it started, in clock ticks since the boot; null where that is not known. */
  readonly started: number | null;
}

/** What is known of the process that has an ID now. */
export interface ProcessFacts {
  readonly exists: boolean;
  readonly started: number | null;
}

/** This process. */
export function thisProcess(): ProcessPlace {
  const own = ownStat();
  return { host: hostname(), space: own === undefined ? null : spaceOf(), pid: process.pid, started: own?.started ?? null };
}

/** Whether a process has this ID, in the space of this one. One that has ended and was not waited for counts as gone. */
export function lookUpProcess(pid: number): ProcessFacts {
  try {
    // Signal 0 is no signal: it only asks.
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return { exists: false, started: null };
    // EPERM: it is there and belongs to somebody else. Whatever else keeps us from knowing must not pass for its end.
  }
  const stat = ownStat() === undefined ? undefined : readStat(`/proc/${pid}/stat`);
  if (stat === undefined) return { exists: true, started: null };
  return { exists: stat.state !== 'Z' && stat.state !== 'X', started: stat.started };
}

/** What a line of /proc/PID/stat says. */
export interface ProcessStat {
  readonly pid: number;
  /** `Z` where it has ended and was not waited for. */
  readonly state: string;
  readonly started: number;
}

/** Reads a line of /proc/PID/stat. The name of the program stands in it in parentheses, and may hold spaces and parentheses. */
export function parseStat(line: string): ProcessStat | undefined {
  const nameEnd = line.lastIndexOf(')');
  // proc(5): the field after the name is the third, the start time the 22nd.
  const fields = line.slice(nameEnd + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  const [state = ''] = fields;
  const started = Number(fields[22 - 3]);
  return nameEnd > 0 && Number.isSafeInteger(pid) && state !== '' && Number.isSafeInteger(started) ? { pid, state, started } : undefined;
}

/** Undefined where there is no /proc, or where the one that is mounted is of another PID namespace. */
function ownStat(): ProcessStat | undefined {
  const stat = readStat('/proc/self/stat');
  return stat?.pid === process.pid ? stat : undefined;
}

function readStat(path: string): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(path, 'latin1'));
  } catch {
    // No /proc, a process that has just ended, or one whose owner hides it: not known.
    return undefined;
  }
}

function spaceOf(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
