import { wordsLocale } from './words';

/** Bytes as a person reads them: "1.2 GB". */
export function sizeInWords(bytes: number): string {
  const [amount, unit] =
    bytes >= 1e9 ? [bytes / 1e9, 'gigabyte'] : bytes >= 1e6 ? [bytes / 1e6, 'megabyte'] : [bytes / 1e3, 'kilobyte'];
  return new Intl.NumberFormat(wordsLocale(), {
    style: 'unit',
    unit,
    maximumFractionDigits: amount >= 10 ? 0 : 1,
  }).format(amount);
}

/** Whole megabytes, without the unit. */
export function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString();
}
