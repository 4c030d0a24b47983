/** What the processes of a benchmark's browser take, as Linux tells it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

interface Process {
  pid: number;
  command: string;
}

/** Those, and whatever they started. */
export function processesFrom(isFirst: (one: Process) => boolean): Process[] {
  const parents = new Map<number, number>();
  const commands = new Map<number, string>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    unlessEnded(() => {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      commands.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8'));
    });
  }
  const isOurs = (pid: number): boolean => {
    const [parent, command] = [parents.get(pid), commands.get(pid)];
    return (command !== undefined && isFirst({ pid, command })) || (parent !== undefined && isOurs(parent));
  };
  return [...commands].flatMap(([pid, command]) => (isOurs(pid) ? [{ pid, command }] : []));
}

/** Of the browser that has this profile. */
function processesOf(profile: string): Process[] {
  return processesFrom(({ command }) => command.includes(profile));
}

/** Proportional set size of the processes that the browser of this profile started for its pages, in MB. */
export function rendererMb(profile: string): number {
  return pssMb(processesOf(profile).filter(({ command }) => command.includes('--type=renderer')));
}

/** Proportional set size of these together, in MB. */
export function pssMb(processes: Process[]): number {
  let kilobytes = 0;
  for (const { pid } of processes) {
    unlessEnded(() => {
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    });
  }
  return kilobytes / 1024;
}

/** What something took, of the browser's processes together. */
export interface Taken {
  /** Resident memory while nothing was done, in MB. */
  idle_mb: number;
  /**
   * What it took at most beyond that: of each process the highest it ever was, so that the sum is rather too high than
   * too low. A program's files that are mapped count, a disk's cache does not.
   */
  above_mb: number;
  /** Of `above_mb`, by what the process is for. */
  by_type: Record<string, number>;
  /** Time of a processor, in seconds. */
  processor_s: number;
}

/** Resident memory of each process, in MB. */
export type Idle = Map<number, number>;

/** Chromium begins it by itself at some time, and no page here asks for it. */
const UNASKED = /on_device_model/;

/** What the browser of this profile has while nothing is done. */
export function idleOf(profile: string): Idle {
  const idle: Idle = new Map();
  for (const { pid } of processesOf(profile)) unlessEnded(() => idle.set(pid, statusMb(pid, 'VmRSS')));
  return idle;
}

/** Begins to count; the returned function ends it. */
export function countTaken(profile: string, idle: Idle): () => Taken {
  const begun = new Map<number, number>();
  for (const { pid } of processesOf(profile)) {
    unlessEnded(() => {
      writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the highest begins anew (proc(5))
      begun.set(pid, ticksOf(pid));
    });
  }
  return () => {
    const taken: Taken = { idle_mb: 0, above_mb: 0, by_type: {}, processor_s: 0 };
    for (const { pid, command } of processesOf(profile)) {
      if (UNASKED.test(command)) continue;
      unlessEnded(() => {
        const before = idle.get(pid) ?? 0;
        const above = Math.max(0, statusMb(pid, 'VmHWM') - before);
        const type =
          (/--utility-sub-type=([\w.]+)/.exec(command) ?? /--type=([a-z-]+)/.exec(command))?.[1] ?? 'browser';
        taken.idle_mb += before;
        taken.above_mb += above;
        taken.by_type[type] = (taken.by_type[type] ?? 0) + above;
        taken.processor_s += (ticksOf(pid) - (begun.get(pid) ?? 0)) / TICKS;
      });
    }
    return taken;
  };
}

/** Of a second; Linux has had no other since 2.6. */
const TICKS = 100;

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function statusMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

/** A process may end between two looks at it. */
function unlessEnded(look: () => void): void {
  try {
    look();
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
