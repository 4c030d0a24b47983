declare module 'wink-porter2-stemmer' {
  /** The Porter2 stem (Snowball's English) of a word in small letters. */
  export default function stem(word: string): string;
}
