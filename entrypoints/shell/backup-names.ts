/** What backups are called, and which of them go. */

/** Of those that were made by themselves, so many stay. */
const BACKUPS_KEPT = 5;
const NAME = /^commonplace-backup-\d{4}-\d{2}-\d{2}-\d{6}\.zip(\.age)?$/u;

/** By the user's clock, so that names sort as they were made. */
export function backupName(date: Date, encrypted: boolean): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  return `commonplace-backup-${day}-${time}.zip${encrypted ? '.age' : ''}`;
}

export const isBackup = (name: string) => NAME.test(name);

/** Of these names, the ones that go when the newest stay. Nothing that was not made by a plan is ever among them. */
export function outdated(names: string[]): string[] {
  return names.filter(isBackup).toSorted().slice(0, -BACKUPS_KEPT);
}
